#include "core/virtual/iso_applet.h"

#include <algorithm>

namespace scard::virtualrm::iso {

Applet::Applet(CardDescription description)
    : description_(std::move(description)),
      mf_(makeFile(description_.mf, nullptr)),
      random_(description_.seed) {
  for (const PinDescription& pin : description_.pins)
    pins_.push_back({pin, pin.maxTries, pin.maxUnblockingTries});
  for (const ObjectDescription& object : description_.objects) objects_[object.tag] = object;
  reset();
}

void Applet::reset() {
  channels_.clear();
  channels_[0] = {
      .df = mf_.get(), .ef = nullptr, .record = 0, .verifiedPins = {}, .provenKeys = {}};
  remaining_.clear();
  chain_.reset();
  envelope_.clear();
  challenge_.reset();
}

Bytes Applet::answer(const Bytes& bytes, Dword protocol) {
  const std::optional<Command> command = parseCommand(bytes);
  Reply reply = say(sw::kWrongLength);
  if (command && (description_.extendedLength || !command->extended))
    reply = accept(*command, protocol);
  Bytes response = std::move(reply.data);
  response.push_back(static_cast<std::uint8_t>(reply.status >> 8U));
  response.push_back(static_cast<std::uint8_t>(reply.status));
  return response;
}

Reply Applet::accept(const Command& received, Dword protocol) {
  constexpr std::uint8_t kGetResponse = 0xC0;
  constexpr std::uint8_t kEnvelope = 0xC2;
  if (received.isProprietary()) return listFiles(received, protocol);
  if (received.isSecure()) return say(sw::kSecureMessagingNotSupported);
  if (received.ins == kGetResponse) return getResponse(received);
  remaining_.clear();
  if (received.ins == kEnvelope) return envelope(received, protocol);
  Command command = received;
  if (const std::optional<Reply> pending = chain(command)) return *pending;
  // T=0 has no room for Le beside data: the card cannot miss it.
  if (protocol == protocol::kT0 && !command.extended && !command.data.empty() && !command.expected)
    command.expected = 256;
  const auto channel = channels_.find(command.channel());
  const std::size_t record = channel == channels_.end() ? 0 : channel->second.record;
  const Reply reply = deliver(dispatch(command), command, protocol);
  // 6CXX asks for the command again, which must find the same record current.
  if ((reply.status & 0xFF00U) == 0x6C00U && channel != channels_.end())
    channel->second.record = record;
  return reply;
}

/// Collects a chain. A reply while it is incomplete or wrong; nothing once `command` is whole.
std::optional<Reply> Applet::chain(Command& command) {
  if (command.isChained() && !description_.commandChaining) return say(sw::kChainingNotSupported);
  if (chain_) {
    const bool continues = chain_->ins == command.ins && chain_->p1 == command.p1 &&
                           chain_->p2 == command.p2 && chain_->channel() == command.channel();
    if (!continues) {
      chain_.reset();
      return say(sw::kLastOfChainExpected);
    }
    chain_->data.insert(chain_->data.end(), command.data.begin(), command.data.end());
    if (command.isChained()) return say(sw::kOk);
    command.data = std::move(chain_->data);
    chain_.reset();
    return std::nullopt;
  }
  if (!command.isChained()) return std::nullopt;
  chain_ = command;
  return say(sw::kOk);
}

Applet::Handler Applet::handlerOf(std::uint8_t ins) {
  switch (ins) {
    case 0x0C:
      return &Applet::eraseRecord;
    case 0x0E:
    case 0x0F:
      return &Applet::eraseBinary;
    case 0x20:
      return &Applet::verify;
    case 0x24:
      return &Applet::changeReferenceData;
    case 0x2C:
      return &Applet::resetRetryCounter;
    case 0x70:
      return &Applet::manageChannel;
    case 0x82:
      return &Applet::externalAuthenticate;
    case 0x84:
      return &Applet::getChallenge;
    case 0x88:
      return &Applet::internalAuthenticate;
    case 0xA4:
      return &Applet::select;
    case 0xB0:
    case 0xB1:
      return &Applet::readBinary;
    case 0xB2:
      return &Applet::readRecord;
    case 0xCA:
    case 0xCB:
      return &Applet::getData;
    case 0xD0:
    case 0xD1:
      return &Applet::writeBinary;
    case 0xD2:
    case 0xDC:
      return &Applet::changeRecord;
    case 0xD6:
    case 0xD7:
      return &Applet::updateBinary;
    case 0xDA:
    case 0xDB:
      return &Applet::putData;
    case 0xE2:
      return &Applet::appendRecord;
    default:
      return nullptr;
  }
}

Reply Applet::dispatch(const Command& command) {
  const Handler handler = handlerOf(command.ins);
  if (handler == nullptr) return say(sw::kInsNotSupported);
  const auto channel = channels_.find(command.channel());
  if (channel == channels_.end()) return say(sw::kChannelNotSupported);
  // A challenge is good for the next command only.
  const std::optional<Bytes> before = challenge_;
  Reply reply = (this->*handler)(command, channel->second);
  if (challenge_ == before) challenge_.reset();
  return reply;
}

/// Fits a response into what the command and the protocol allow.
Reply Applet::deliver(Reply reply, const Command& command, Dword protocol) {
  if (reply.data.empty()) return reply;
  const bool overT0 = protocol == protocol::kT0 && !command.extended;
  const bool isCase4 = !command.data.empty();
  if (overT0 && isCase4) {
    // T=0 cannot carry data both ways: GET RESPONSE fetches it.
    remaining_ = std::move(reply.data);
    remainingStatus_ = reply.status;
    const std::size_t waiting = remaining_.size() < 256 ? remaining_.size() : 0;
    return say(static_cast<std::uint16_t>(0x6100U | waiting));
  }
  const std::size_t expected = command.expected.value_or(0);
  if (overT0 && reply.data.size() < expected)
    return say(static_cast<std::uint16_t>(0x6C00U | reply.data.size()));
  if (expected == 0) return say(reply.status);
  if (reply.data.size() <= expected) return reply;
  remaining_.assign(reply.data.begin() + static_cast<std::ptrdiff_t>(expected), reply.data.end());
  remainingStatus_ = reply.status;
  reply.data.resize(expected);
  const std::size_t waiting = remaining_.size() < 256 ? remaining_.size() : 0;
  reply.status = static_cast<std::uint16_t>(0x6100U | waiting);
  return reply;
}

Reply Applet::getResponse(const Command& command) {
  if (remaining_.empty()) return say(sw::kConditionsNotSatisfied);
  if (command.p1p2() != 0) return say(sw::kWrongP1P2);
  const std::size_t expected = command.expected.value_or(0);
  if (expected == 0) return say(sw::kWrongLength);
  if (expected > remaining_.size() && expected != 256 && expected != 65536)
    return say(static_cast<std::uint16_t>(0x6C00U | (remaining_.size() & 0xFFU)));
  Reply reply{remainingStatus_, {}};
  const std::size_t sent = std::min(expected, remaining_.size());
  reply.data.assign(remaining_.begin(), remaining_.begin() + static_cast<std::ptrdiff_t>(sent));
  remaining_.erase(remaining_.begin(), remaining_.begin() + static_cast<std::ptrdiff_t>(sent));
  if (!remaining_.empty()) {
    const std::size_t waiting = remaining_.size() < 256 ? remaining_.size() : 0;
    reply.status = static_cast<std::uint16_t>(0x6100U | waiting);
  }
  return reply;
}

/// ENVELOPE: a command in pieces; an empty one, or the piece that completes it, sets it off.
Reply Applet::envelope(const Command& command, Dword protocol) {
  if (command.p1p2() != 0) return say(sw::kWrongP1P2);
  envelope_.insert(envelope_.end(), command.data.begin(), command.data.end());
  const std::optional<Command> inner = parseCommand(envelope_);
  if (!inner) {
    if (!command.data.empty()) return say(sw::kOk);
    envelope_.clear();
    return say(sw::kWrongData);
  }
  envelope_.clear();
  if (inner->isProprietary()) return say(sw::kClaNotSupported);
  if (inner->isSecure()) return say(sw::kSecureMessagingNotSupported);
  // What the wrapped command may answer goes back through the wrapping one.
  Command wrapping = command;
  wrapping.data.assign(1, 0);
  if (!wrapping.expected && inner->expected) wrapping.expected = inner->expected;
  return deliver(dispatch(*inner), wrapping, protocol);
}

bool Applet::allows(const Access& access, const Channel& channel) const {
  switch (access.rule) {
    case Access::Rule::kAlways:
      return true;
    case Access::Rule::kPin:
      return channel.verifiedPins.contains(access.reference);
    case Access::Rule::kKey:
      return channel.provenKeys.contains(access.reference);
    default:
      return false;
  }
}

}  // namespace scard::virtualrm::iso
