// The threads of one runtime: started here, named, and joined here once they have ended.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace scard {

/// Our own threads, never a pool shared with the host. A thread that is still blocked inside PC/SC
/// when the group goes is left behind; whatever it uses, its body owns.
class WorkerGroup {
 public:
  WorkerGroup();
  ~WorkerGroup();
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  /// Runs `body` on a new thread. False when the system refuses one.
  bool spawn(const char* name, std::function<void()> body);

  /// Threads that have not ended.
  std::size_t live() const;

  /// Waits until at most `remaining` threads live. False when the time is over first.
  bool waitUntil(std::size_t remaining, std::chrono::milliseconds patience);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace scard
