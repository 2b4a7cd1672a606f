#include "card.h"

#include <algorithm>
#include <utility>

namespace vcard {
namespace {

constexpr unsigned kOk = 0x9000;
const Bytes kAid = {0xF0, 's', 'c', 'a', 'r', 'd'};
const Bytes kPin = {'1', '2', '3', '4'};

Answer say(unsigned statusWord, Bytes data = {}) {
  data.push_back(static_cast<std::uint8_t>(statusWord >> 8));
  data.push_back(static_cast<std::uint8_t>(statusWord));
  return Answer{std::move(data)};
}

Bytes bigEndian(std::uint32_t value, unsigned width) {
  Bytes bytes;
  for (unsigned shift = width * 8; shift > 0; shift -= 8)
    bytes.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
  return bytes;
}

Bytes pattern(std::size_t length) {
  Bytes bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  return bytes;
}

}  // namespace

void Card::powerUp() {
  ++powerUps_;
  forget();
}

void Card::reset() {
  ++resets_;
  forget();
}

void Card::forget() {
  pending_.clear();
  chain_.clear();
  envelope_.clear();
  count_ = 0;
}

Answer Card::answer(const Bytes& apdu) {
  const auto command = parseCommand(apdu);
  if (!command) return say(0x6700);
  if ((command->cla & 0xE0U) == 0) return answerInterindustry(*command);
  if (command->cla == 0x80) return answerProprietary(*command);
  return say(0x6E00);
}

Answer Card::answerInterindustry(const Command& command) {
  switch (command.ins) {
    case 0xC0:
      return getResponse(command);
    case 0xC2:
      return envelope(command);
    case 0xEE:
      return echo(command);
    default:
      break;
  }
  if (command.cla != 0x00) return say(0x6E00);
  switch (command.ins) {
    case 0xA4:
      return say(command.data.empty() || command.data == kAid ? kOk : 0x6A82);
    case 0x20:
      return verify(command);
    default:
      return say(0x6D00);
  }
}

Answer Card::answerProprietary(const Command& command) {
  switch (command.ins) {
    case 0xEC:
      return say(kOk, command.data);
    case 0xC0:
      return say(kOk, bigEndian(++count_, 4));
    case 0x50: {
      Answer slow = say(kOk);
      slow.delay = std::chrono::milliseconds(command.p1p2());
      return slow;
    }
    case 0x1A:
      return say(kOk, pattern(command.le));
    case 0xCE:
      return say(kOk, bigEndian(static_cast<std::uint32_t>(powerUps_) << 16 | resets_, 4));
    case 0x61:
      pending_ = command.data;
      pendingChannel_ = 0;
      round_ = 65536;
      return say(0x6100 | std::min<unsigned>(static_cast<unsigned>(pending_.size()), 255));
    case 0x6C:
      return command.le == command.p1 ? say(kOk, pattern(command.le)) : say(0x6C00U | command.p1);
    case 0x5A:
      return say(static_cast<unsigned>(command.p1p2()));
    default:
      return say(0x6D00);
  }
}

Answer Card::verify(const Command& command) {
  if (triesLeft_ == 0) return say(0x6983);
  if (!command.data.empty()) {
    triesLeft_ = command.data == kPin ? 3 : triesLeft_ - 1;
    if (triesLeft_ == 3) return say(kOk);
  }
  return say(0x63C0 | triesLeft_);
}

Answer Card::getResponse(const Command& command) {
  if (pending_.empty()) return say(0x6985);
  if ((command.cla & 0x0FU) != pendingChannel_) return say(0x6881);
  return nextRound(command.le);
}

Answer Card::nextRound(std::size_t le) {
  const std::size_t length = std::min({le, round_, pending_.size()});
  const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(length);
  Bytes part(pending_.begin(), end);
  pending_.erase(pending_.begin(), end);
  const auto left = static_cast<unsigned>(std::min<std::size_t>(pending_.size(), 255));
  return say(left == 0 ? kOk : 0x6100 | left, std::move(part));
}

Answer Card::echo(const Command& command) {
  chain_.insert(chain_.end(), command.data.begin(), command.data.end());
  if ((command.cla & 0x10U) != 0) return say(kOk);
  pending_ = std::exchange(chain_, {});
  pendingChannel_ = command.cla & 0x0FU;
  round_ = command.p2 == 0 ? 256 : command.p2;
  return nextRound(command.le);
}

Answer Card::envelope(const Command& command) {
  envelope_.insert(envelope_.end(), command.data.begin(), command.data.end());
  auto whole = parseCommand(envelope_);
  if (!whole) return say(kOk);
  envelope_.clear();
  if (whole->ins != 0xEE) return say(0x6D00);
  // The answer goes back through the wrapping command.
  whole->le = command.le;
  return echo(*whole);
}

}  // namespace vcard
