// One connection to vpcd: 2-byte big-endian length, then that many bytes, both ways.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "command.h"

namespace vcard {

/// Lets another thread end a wait of this one.
class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  void wake() const;
  void drain() const;
  int descriptor() const { return pipe_[0]; }

 private:
  int pipe_[2];
};

enum class Woken { kMessage, kWaker, kTimeout, kClosed };

/// Forever, for `await`.
constexpr std::chrono::milliseconds kForever{-1};

class Connection {
 public:
  /// To 127.0.0.1; nothing when no daemon listens there.
  static std::optional<Connection> open(std::uint16_t port);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  /// Waits for the first of: data or the end of the connection, the waker, the time. Does not read.
  Woken await(const Waker& waker, std::chrono::milliseconds patience) const;

  /// Nothing when the connection ended.
  std::optional<Bytes> receive();

  /// Sends `announced` as the length and then `body`, in one write. False when the connection
  /// ended.
  bool send(const Bytes& body, std::size_t announced);

 private:
  explicit Connection(int socket) : socket_(socket) {}
  bool receiveExactly(std::uint8_t* into, std::size_t length);

  int socket_;
};

}  // namespace vcard
