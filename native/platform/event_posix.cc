#if !defined(_WIN32)

#include <condition_variable>
#include <mutex>

#include "platform/event.h"

namespace scard::platform {

/// What an event's handle points to.
struct EventCore {
  std::mutex mutex;
  std::condition_variable changed;
  bool set = false;
};

struct Event::State {
  EventCore core;
};

Event::Event() : state_(std::make_unique<State>()) {}
Event::~Event() = default;

void Event::set() {
  const std::lock_guard lock(state_->core.mutex);
  state_->core.set = true;
  state_->core.changed.notify_all();
}

void Event::reset() {
  const std::lock_guard lock(state_->core.mutex);
  state_->core.set = false;
}

void* Event::handle() const { return &state_->core; }

struct EventWait::State {
  std::mutex mutex;
  // An EventCore.
  void* waitingOn = nullptr;
  // Changed under the event's own lock while a wait is on, so that the wait sees it.
  bool ended = false;
};

EventWait::EventWait() : state_(std::make_unique<State>()) {}
EventWait::~EventWait() = default;

bool EventWait::wait(void* event) {
  auto& core = *static_cast<EventCore*>(event);
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->ended) return false;
    state_->waitingOn = event;
  }
  bool set = false;
  {
    std::unique_lock lock(core.mutex);
    core.changed.wait(lock, [&] { return core.set || state_->ended; });
    set = !state_->ended;
  }
  const std::lock_guard lock(state_->mutex);
  state_->waitingOn = nullptr;
  return set;
}

void EventWait::end() {
  const std::lock_guard lock(state_->mutex);
  if (state_->waitingOn == nullptr) {
    state_->ended = true;
    return;
  }
  auto& core = *static_cast<EventCore*>(state_->waitingOn);
  const std::lock_guard coreLock(core.mutex);
  state_->ended = true;
  core.changed.notify_all();
}

}  // namespace scard::platform

#endif
