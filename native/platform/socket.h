// TCP connections to a server, for a thread of our own whose waits another thread can end.
// Implemented in socket_posix.cc and socket_windows.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace scard::platform {

/// Ends a wait of another thread, once and for all until it is cleared.
class Waker {
 public:
  /// Throws std::system_error when the system has no descriptor left.
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// Any thread.
  void wake() noexcept;
  /// By the waiting thread, before it looks at what it was woken for.
  void clear() noexcept;
  /// Waits for nothing but a wake-up. False when the time is over first.
  bool waitFor(std::chrono::milliseconds patience) noexcept;

 private:
  friend class Socket;
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

/// One connection. Used by one thread; nothing blocks but the waits.
class Socket {
 public:
  enum class Wait { kReady, kWoken, kTimedOut };

  /// What came of reading or writing: a number of bytes, nothing yet, or the end.
  struct Transfer {
    enum class Kind { kDone, kAgain, kClosed };
    Kind kind = Kind::kClosed;
    std::size_t bytes = 0;
  };

  static constexpr std::chrono::milliseconds kForever{-1};

  /// Connects, trying each address of `host` for up to `patience`. Null, and `message` says why,
  /// when none answers; null also when woken. Looking up a name cannot be interrupted.
  static std::unique_ptr<Socket> connect(const std::string& host, std::uint16_t port, Waker& waker,
                                         std::chrono::milliseconds patience, std::string& message);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Waits until there may be something to read. To be called only after receive() gave kAgain.
  Wait waitToReceive(Waker& waker, std::chrono::milliseconds patience);
  /// Waits until there may be room to write. To be called only after send() gave kAgain.
  Wait waitToSend(Waker& waker, std::chrono::milliseconds patience);

  /// Reads what is there. What came is acknowledged at once where the system can (Linux): a peer
  /// that writes in two steps without TCP_NODELAY would else wait 40 ms in between.
  Transfer receive(std::span<std::uint8_t> into);
  /// Writes at once, without waiting to fill a packet.
  Transfer send(std::span<const std::uint8_t> bytes);

 private:
  struct Handles;
  explicit Socket(std::unique_ptr<Handles> handles);
  std::unique_ptr<Handles> handles_;
};

}  // namespace scard::platform
