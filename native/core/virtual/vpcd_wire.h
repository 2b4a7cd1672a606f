// The messages of vsmartcard's vpcd driver over one connection: a length in two bytes, big-endian,
// and that many bytes, both ways.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "core/virtual/card_device.h"
#include "platform/socket.h"

namespace scard::virtualrm {

class VpcdWire {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Arrival { kWoken, kTimedOut, kClosed };

  /// Longest message that its length can announce.
  static constexpr std::size_t kLongestMessage = 0xFFFF;

  /// Whoever sets `ending` wakes `waker` too: the connection counts as ended then.
  VpcdWire(std::unique_ptr<platform::Socket> socket, platform::Waker& waker,
           const std::atomic<bool>& ending);

  /// Waits for a whole message. Nothing when the connection ended.
  std::optional<Bytes> nextMessage();

  /// Waits for the waker, until `time`, or for the end of the connection. What the driver sends
  /// meanwhile is kept.
  Arrival awaitWaker(std::optional<Clock::time_point> time);

  /// Announces `announced` bytes and sends `body`, in one write. False when the connection ended.
  bool send(const Bytes& body, std::size_t announced);

 private:
  std::optional<Bytes> takeMessage();
  bool ended();
  platform::Socket::Transfer::Kind receiveSome();

  std::unique_ptr<platform::Socket> socket_;
  platform::Waker& waker_;
  const std::atomic<bool>& ending_;
  /// What came and was not taken: a message, or the beginning of one.
  Bytes buffer_;
};

}  // namespace scard::virtualrm
