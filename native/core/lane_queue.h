// The queue of one session: first in, first out, with a lane of its own for an open transaction.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/operation.h"

namespace scard {

/// 0 for calls outside a transaction, else the number of the transaction.
using Lane = std::uint32_t;

struct Job {
  std::shared_ptr<Operation> operation;
  std::function<void(Operation&)> body;
  /// Runs even when its operation was cancelled while queued, such as the end of a transaction.
  bool mustRun = false;
};

/// While a transaction is open only its lane runs and everything else keeps its place behind it.
class LaneQueue {
 public:
  /// Queues a job; settles it with "closed" or "transaction-ended" when it can never run.
  void push(Lane lane, Job job);

  /// Queues the job that ends the open transaction. Jobs waiting on its lane fail as
  /// "transaction-ended"; one that runs is waited for.
  void pushEnd(Lane lane, Job job);

  /// The next job that may run; nothing once the queue is closed and has no job that must. Blocks.
  std::optional<Job> next();

  /// Called by the thread that took the lock: `lane` runs until `closeLane`. New lane's number.
  Lane openLane();
  void closeLane();

  /// Refuses what comes and fails what waits, but for the jobs that must run: next() still gives
  /// those, the open transaction's first.
  void close();

  /// Closes the queue, but runs this one job before it ends.
  void closeWith(Job job);

  bool closed() const;

 private:
  bool runnable() const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> outside_;
  std::deque<Job> inside_;
  std::deque<Job> final_;
  Lane open_ = 0;
  Lane last_ = 0;
  bool ending_ = false;
  bool closed_ = false;
};

}  // namespace scard
