#include "core/worker_group.h"

#include <condition_variable>
#include <iterator>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "platform/platform.h"

namespace scard {

struct WorkerGroup::State {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::list<std::thread> running;
  std::list<std::thread> finished;

  /// Ended threads, to be joined without the lock.
  std::list<std::thread> takeFinished() {
    const std::lock_guard lock(mutex);
    return std::exchange(finished, {});
  }

  void finish(std::list<std::thread>::iterator self) {
    const std::lock_guard lock(mutex);
    finished.splice(finished.end(), running, self);
    changed.notify_all();
  }
};

namespace {

void join(std::list<std::thread> threads) {
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

WorkerGroup::WorkerGroup() : state_(std::make_shared<State>()) {}

WorkerGroup::~WorkerGroup() {
  std::list<std::thread> ended;
  {
    const std::lock_guard lock(state_->mutex);
    // Their list nodes stay in the state, which each of them shares, until they end. One of them
    // may be the caller: the last owner of a runtime can be one of its own threads. Under the same
    // lock as the ended ones, or one that ends in between would be neither joined nor detached.
    for (std::thread& thread : state_->running) thread.detach();
    ended = std::exchange(state_->finished, {});
  }
  join(std::move(ended));
}

bool WorkerGroup::spawn(const char* name, std::function<void()> body) {
  join(state_->takeFinished());
  const std::lock_guard lock(state_->mutex);
  const auto self = state_->running.emplace(state_->running.end());
  try {
    *self = std::thread([state = state_, self, name, body = std::move(body)]() mutable {
      platform::nameThread(name);
      body();
      body = nullptr;  // what it owns goes before the thread counts as ended
      state->finish(self);
    });
  } catch (const std::system_error&) {
    state_->running.erase(self);
    return false;
  }
  return true;
}

std::size_t WorkerGroup::live() const {
  const std::lock_guard lock(state_->mutex);
  return state_->running.size();
}

bool WorkerGroup::waitUntil(std::size_t remaining, std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, patience,
                                  [&] { return state_->running.size() <= remaining; });
}

}  // namespace scard
