#include "core/virtual/iso_applet.h"

#include <algorithm>
#include <utility>

namespace scard::virtualrm::iso {

namespace {

constexpr std::uint8_t kExternalAuthenticate = 0x82;
/// Header, extended Lc, 65 535 bytes of data, extended Le: no chain or ENVELOPE makes it longer.
constexpr std::size_t kLongestCommand = 4 + 3 + 65535 + 2;

}  // namespace

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
  channels_[0].df = mf_.get();
  chain_.reset();
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
  if (received.isReserved()) return say(sw::kClaNotSupported);
  if (received.isSecure()) return say(sw::kSecureMessagingNotSupported);
  const auto found = channels_.find(received.channel());
  if (found == channels_.end()) return say(sw::kChannelNotSupported);
  Channel& channel = found->second;
  if (received.ins == kGetResponse) return getResponse(received, channel);
  channel.remaining.clear();
  if (received.ins == kEnvelope) return envelope(received, channel, protocol);
  channel.envelope = {};
  Command command = received;
  if (const std::optional<Reply> pending = chain(command)) return *pending;
  // T=0 has no room for Le beside data: the card cannot miss it.
  if (protocol == protocol::kT0 && !command.extended && !command.data.empty() && !command.expected)
    command.expected = 256;
  return execute(command, command, protocol);
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
    if (chain_->data.size() + command.data.size() > kLongestCommand) {
      chain_.reset();
      return say(sw::kWrongLength);
    }
    chain_->data.insert(chain_->data.end(), command.data.begin(), command.data.end());
    if (command.isChained()) return say(sw::kOk);
    command.data = std::move(chain_->data);
    chain_.reset();
    return std::nullopt;
  }
  if (!command.isChained()) return std::nullopt;
  if (handlerOf(command.ins) == nullptr) return say(sw::kInsNotSupported);
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
    case kExternalAuthenticate:
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

/// Executes a whole command, and answers through `carrier`: itself, or the ENVELOPE it came in.
Reply Applet::execute(const Command& command, const Command& carrier, Dword protocol) {
  const std::map<unsigned, Channel> before =
      protocol == protocol::kT0 ? channels_ : std::map<unsigned, Channel>();
  const Reply reply = deliver(dispatch(command), carrier, protocol);
  // 6CXX asks for the command again, which must find the card as this one did.
  if ((reply.status & 0xFF00U) == 0x6C00U) channels_ = before;
  return reply;
}

Reply Applet::dispatch(const Command& command) {
  const Handler handler = handlerOf(command.ins);
  if (handler == nullptr) return say(sw::kInsNotSupported);
  const auto channel = channels_.find(command.channel());
  if (channel == channels_.end()) return say(sw::kChannelNotSupported);
  if (command.ins != kExternalAuthenticate) channel->second.challenge.reset();
  return (this->*handler)(command, channel->second);
}

namespace {

/// 61XX, with 00 for 256 bytes and more.
std::uint16_t moreWaiting(std::size_t bytes) {
  return static_cast<std::uint16_t>(0x6100U | (bytes < 256 ? bytes : 0));
}

}  // namespace

/// Fits a response into what the command and the protocol allow.
Reply Applet::deliver(Reply reply, const Command& carrier, Dword protocol) {
  if (reply.data.empty()) return reply;
  const bool overT0 = protocol == protocol::kT0 && !carrier.extended;
  const bool isCase4 = !carrier.data.empty();
  // T=0 cannot carry data both ways: GET RESPONSE fetches it.
  const std::size_t expected = overT0 && isCase4 ? 0 : carrier.expected.value_or(0);
  if (overT0 && reply.data.size() < expected)
    return say(static_cast<std::uint16_t>(0x6C00U | reply.data.size()));
  if (expected == 0 && !(overT0 && isCase4)) return say(reply.status);
  if (reply.data.size() <= expected) return reply;
  Channel& channel = channels_.at(carrier.channel());
  const auto sent = static_cast<std::ptrdiff_t>(expected);
  channel.remaining.assign(reply.data.begin() + sent, reply.data.end());
  channel.remainingStatus = reply.status;
  reply.data.resize(expected);
  reply.status = moreWaiting(channel.remaining.size());
  return reply;
}

Reply Applet::getResponse(const Command& command, Channel& channel) {
  Bytes& remaining = channel.remaining;
  if (remaining.empty()) return say(sw::kConditionsNotSatisfied);
  if (command.p1p2() != 0) return say(sw::kWrongP1P2);
  const std::size_t expected = command.expected.value_or(0);
  if (expected == 0) return say(sw::kWrongLength);
  if (expected > remaining.size() && expected != 256 && expected != 65536)
    return say(static_cast<std::uint16_t>(0x6C00U | (remaining.size() & 0xFFU)));
  const auto sent = static_cast<std::ptrdiff_t>(std::min(expected, remaining.size()));
  Reply reply{channel.remainingStatus, {remaining.begin(), remaining.begin() + sent}};
  remaining.erase(remaining.begin(), remaining.begin() + sent);
  if (!remaining.empty()) reply.status = moreWaiting(remaining.size());
  return reply;
}

namespace {

/// Whether what ENVELOPE has brought may be no more than the beginning of a command: its header, or
/// that and a length field, read as Lc.
bool mayContinue(const Bytes& bytes) {
  const std::size_t body = bytes.size() - 4;
  if (body <= 1) return true;
  return body == 3 && bytes[4] == 0 && (bytes[5] != 0 || bytes[6] != 0);
}

}  // namespace

/// ENVELOPE: a command in pieces. It is whole once its length fields say so, or an empty piece ends
/// it; never while the class announces more, and always with the first piece after that. What could
/// still be a beginning is taken as whole only from a piece with Le, which wants an answer.
Reply Applet::envelope(const Command& command, Channel& channel, Dword protocol) {
  if (command.p1p2() != 0) return say(sw::kWrongP1P2);
  if (command.isChained() && !description_.commandChaining) return say(sw::kChainingNotSupported);
  if (channel.envelope.bytes.size() + command.data.size() > kLongestCommand) {
    channel.envelope = {};
    return say(sw::kWrongLength);
  }
  channel.envelope.bytes.insert(channel.envelope.bytes.end(), command.data.begin(),
                                command.data.end());
  if (command.isChained()) {
    channel.envelope.chained = true;
    return say(sw::kOk);
  }
  // A chain has an end of its own: the first piece that announces no more.
  const bool ends = std::exchange(channel.envelope.chained, false) || command.data.empty();
  const std::optional<Command> inner = parseCommand(channel.envelope.bytes);
  if (!inner && ends) {
    channel.envelope = {};
    return say(sw::kWrongData);
  }
  if (!inner || (!ends && !command.expected && mayContinue(channel.envelope.bytes)))
    return say(sw::kOk);
  channel.envelope = {};
  if (inner->isProprietary() || inner->isReserved()) return say(sw::kClaNotSupported);
  if (inner->isSecure()) return say(sw::kSecureMessagingNotSupported);
  if (inner->isChained()) return say(sw::kChainingNotSupported);
  // What the wrapped command may answer goes back through the wrapping one.
  Command carrier = command;
  carrier.data.assign(1, 0);
  if (!carrier.expected) carrier.expected = inner->expected;
  return execute(*inner, carrier, protocol);
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
