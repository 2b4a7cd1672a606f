// The queue of one session: first in, first out, with a lane of its own for an open transaction.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "core/exchange.h"
#include "core/fifo.h"
#include "core/operation.h"
#include "core/pace.h"

namespace scard {

/// 0 for calls outside a transaction, else the number of the transaction.
using Lane = std::uint32_t;

/// Something for a session's thread to do: a body with its operation, or an APDU.
struct Job {
  std::shared_ptr<Operation> operation;
  std::function<void(Operation&)> body;
  /// Runs even when its operation was cancelled while queued, such as the end of a transaction.
  bool mustRun = false;
  std::unique_ptr<Exchange> exchange = nullptr;
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

  /// The same, waiting awake where `pace` expects a job soon. `beforeSleep` is called before the
  /// thread falls asleep.
  template <typename BeforeSleep>
  std::optional<Job> next(Pace& pace, const BeforeSleep& beforeSleep);

  /// Lets the caller work on the session itself, in place of the queue's thread, until `leave`.
  /// A reason when it must not: closed, not the open lane, or something else is waiting, or runs
  /// for longer than `patience`: the thread needs a moment after a job has settled.
  std::optional<Reason> enter(Lane lane, std::chrono::milliseconds patience);
  void leave();

  /// Leaves the queue that was entered.
  class Visit {
   public:
    explicit Visit(LaneQueue& queue) : queue_(queue) {}
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() { queue_.leave(); }

   private:
    LaneQueue& queue_;
  };

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
  using Lock = std::unique_lock<std::mutex>;

  bool runnable() const;
  bool waiting() const { return !outside_.empty() || !inside_.empty(); }
  void ended();
  bool ready() const { return !entered_ && (closed_ || runnable()); }
  std::optional<Job> take();
  void awake(Lock& lock, Pace& pace);
  void sleep(Lock& lock);
  /// Tells the queue's thread that it may find something. With the lock.
  void announce();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable ended_;
  Fifo<Job> outside_;
  Fifo<Job> inside_;
  Fifo<Job> final_;
  // Counts what was announced, for a thread that waits awake without the lock.
  std::atomic<std::uint32_t> announced_{0};
  bool sleeping_ = false;
  // A job that was taken has not ended; a caller waits for that; a caller is in.
  bool running_ = false;
  bool entering_ = false;
  bool entered_ = false;
  Lane open_ = 0;
  Lane last_ = 0;
  bool ending_ = false;
  bool closed_ = false;
};

template <typename BeforeSleep>
std::optional<Job> LaneQueue::next(Pace& pace, const BeforeSleep& beforeSleep) {
  Lock lock = lockBriefly(mutex_);
  ended();
  if (!ready() && pace.expectsNext()) awake(lock, pace);
  if (!ready()) {
    lock.unlock();
    beforeSleep();
    const auto since = Pace::Clock::now();
    lock.lock();
    sleep(lock);
    pace.slept(Pace::Clock::now() - since);
  }
  return take();
}

}  // namespace scard
