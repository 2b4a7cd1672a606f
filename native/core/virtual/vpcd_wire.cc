#include "core/virtual/vpcd_wire.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace scard::virtualrm {

using platform::Socket;
using Transfer = Socket::Transfer;

namespace {

constexpr std::size_t kHeader = 2;
/// A driver that sends more while a card works does not speak this protocol.
constexpr std::size_t kMostKept = 2 * (kHeader + VpcdWire::kLongestMessage);

std::size_t announcedLength(const Bytes& buffer) {
  return static_cast<std::size_t>(buffer[0]) << 8U | buffer[1];
}

std::chrono::milliseconds left(std::optional<VpcdWire::Clock::time_point> time) {
  if (!time) return Socket::kForever;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(*time - VpcdWire::Clock::now());
  return std::max(rest, std::chrono::milliseconds(0));
}

}  // namespace

VpcdWire::VpcdWire(std::unique_ptr<Socket> socket, platform::Waker& waker,
                   const std::atomic<bool>& ending)
    : socket_(std::move(socket)), waker_(waker), ending_(ending) {}

/// After a wake-up; it may have been for something that is over.
bool VpcdWire::ended() {
  waker_.clear();
  return ending_;
}

Transfer::Kind VpcdWire::receiveSome() {
  std::array<std::uint8_t, 4096> part;
  const Transfer transfer = socket_->receive(part);
  if (transfer.kind == Transfer::Kind::kDone) {
    buffer_.insert(buffer_.end(), part.begin(),
                   part.begin() + static_cast<std::ptrdiff_t>(transfer.bytes));
  }
  return buffer_.size() > kMostKept ? Transfer::Kind::kClosed : transfer.kind;
}

std::optional<Bytes> VpcdWire::takeMessage() {
  if (buffer_.size() < kHeader) return std::nullopt;
  const std::size_t length = announcedLength(buffer_);
  if (buffer_.size() < kHeader + length) return std::nullopt;
  const auto begin = buffer_.begin() + kHeader;
  const auto end = begin + static_cast<std::ptrdiff_t>(length);
  Bytes message(begin, end);
  buffer_.erase(buffer_.begin(), end);
  return message;
}

std::optional<Bytes> VpcdWire::nextMessage() {
  for (;;) {
    if (auto message = takeMessage()) return message;
    const Transfer::Kind kind = receiveSome();
    if (kind == Transfer::Kind::kClosed) return std::nullopt;
    if (kind == Transfer::Kind::kDone) continue;
    const Socket::Wait wait = socket_->waitToReceive(waker_, Socket::kForever);
    if (wait == Socket::Wait::kWoken && ended()) return std::nullopt;
  }
}

VpcdWire::Arrival VpcdWire::awaitWaker(std::optional<Clock::time_point> time) {
  for (;;) {
    const Transfer::Kind kind = receiveSome();
    if (kind == Transfer::Kind::kClosed) return Arrival::kClosed;
    if (kind == Transfer::Kind::kDone) continue;
    const Socket::Wait wait = socket_->waitToReceive(waker_, left(time));
    if (wait == Socket::Wait::kTimedOut) return Arrival::kTimedOut;
    if (wait == Socket::Wait::kWoken) return ended() ? Arrival::kClosed : Arrival::kWoken;
  }
}

bool VpcdWire::send(const Bytes& body, std::size_t announced) {
  Bytes message{static_cast<std::uint8_t>(announced >> 8U), static_cast<std::uint8_t>(announced)};
  message.insert(message.end(), body.begin(), body.end());
  std::span<const std::uint8_t> rest = message;
  while (!rest.empty()) {
    const Transfer transfer = socket_->send(rest);
    if (transfer.kind == Transfer::Kind::kClosed) return false;
    if (transfer.kind == Transfer::Kind::kDone) {
      rest = rest.subspan(transfer.bytes);
      continue;
    }
    const Socket::Wait wait = socket_->waitToSend(waker_, Socket::kForever);
    if (wait == Socket::Wait::kWoken && ended()) return false;
  }
  return true;
}

}  // namespace scard::virtualrm
