// What the sessions of one environment share: operations, threads, buffers, loaded libraries.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/buffer_pool.h"
#include "core/interrupter.h"
#include "core/library.h"
#include "core/operation.h"
#include "core/pace.h"
#include "core/session.h"
#include "core/worker_group.h"

namespace scard {

/// Live objects, for tests and leak checks.
struct Counters {
  std::atomic<std::size_t> contexts{0};
  std::atomic<std::size_t> cards{0};
  std::atomic<std::size_t> waits{0};
};

/// Counts one while it lives.
class Counted {
 public:
  explicit Counted(std::atomic<std::size_t>& counter) : counter_(counter) { ++counter_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --counter_; }

 private:
  std::atomic<std::size_t>& counter_;
};

class Runtime {
 public:
  explicit Runtime(std::shared_ptr<CompletionSink> sink);

  Operations& operations() { return *operations_; }
  WorkerGroup& workers() { return workers_; }
  Interrupter& interrupter() { return *interrupter_; }
  BufferPool& buffers() { return *buffers_; }
  const std::shared_ptr<SpinPermits>& spinPermits() const { return spinPermits_; }
  Counters& counters() { return counters_; }

  /// The library at `path` or the platform's own, loaded at the first call. Blocks; called by
  /// threads.
  Result<std::shared_ptr<const Library>> library(const std::optional<std::string>& path);

  /// Remembers a session, so that close() reaches it.
  void track(const std::shared_ptr<Session>& session);

  /// Delivers nothing any more, abandons every session and waits up to `patience` for their
  /// threads. A thread that PC/SC still blocks then is left behind and cleans up by itself when it
  /// returns.
  void close(std::chrono::milliseconds patience);

 private:
  std::shared_ptr<Operations> operations_;
  std::shared_ptr<Interrupter> interrupter_;
  std::shared_ptr<BufferPool> buffers_;
  std::shared_ptr<SpinPermits> spinPermits_;
  Counters counters_;
  // Apart from mutex_, because it is held while a library loads and track() must not wait for that.
  std::mutex librariesMutex_;
  std::map<std::string, std::shared_ptr<const Library>> libraries_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Session>> sessions_;
  // Last, so that threads are joined before what they use goes.
  WorkerGroup workers_;
};

}  // namespace scard
