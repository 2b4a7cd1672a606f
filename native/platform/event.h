// Events as SCardAccessStartedEvent gives them: Windows event objects. Elsewhere only tables of our
// own have that function, and their events are made here.
#pragma once

#include <memory>

namespace scard::platform {

/// An event that stays set until it is reset.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void set();
  void reset();
  /// What SCardAccessStartedEvent returns; null when the system refused to make one.
  void* handle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One wait for an event, which another thread may end.
class EventWait {
 public:
  EventWait();
  ~EventWait();
  EventWait(const EventWait&) = delete;
  EventWait& operator=(const EventWait&) = delete;

  /// Blocks until the event is set. False when the wait was ended, also before it began.
  bool wait(void* event);
  void end();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scard::platform
