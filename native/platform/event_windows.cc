#include <windows.h>

#include <array>

#include "platform/event.h"

namespace scard::platform {

struct Event::State {
  HANDLE handle = CreateEventW(nullptr, TRUE, FALSE, nullptr);
};

Event::Event() : state_(std::make_unique<State>()) {}

Event::~Event() {
  if (state_->handle != nullptr) CloseHandle(state_->handle);
}

void Event::set() { SetEvent(state_->handle); }

void Event::reset() { ResetEvent(state_->handle); }

void* Event::handle() const { return state_->handle; }

struct EventWait::State {
  HANDLE ended = CreateEventW(nullptr, TRUE, FALSE, nullptr);
};

EventWait::EventWait() : state_(std::make_unique<State>()) {}

EventWait::~EventWait() {
  if (state_->ended != nullptr) CloseHandle(state_->ended);
}

bool EventWait::wait(void* event) {
  // The end first: of two that are set, the lower index is reported.
  const std::array<HANDLE, 2> handles{state_->ended, static_cast<HANDLE>(event)};
  return WaitForMultipleObjects(2, handles.data(), FALSE, INFINITE) == WAIT_OBJECT_0 + 1;
}

void EventWait::end() { SetEvent(state_->ended); }

}  // namespace scard::platform
