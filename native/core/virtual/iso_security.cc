// PINs, keys and logical channels: ISO/IEC 7816-4 11.5 and 11.1.2.
#include <algorithm>

#include "core/virtual/iso_applet.h"
#include "core/virtual/sha256.h"

namespace scard::virtualrm::iso {

namespace {

constexpr std::size_t kCryptogram = 8;

std::uint16_t triesLeft(std::uint8_t tries) {
  return tries == 0 ? sw::kBlocked : static_cast<std::uint16_t>(sw::kTriesLeft | (tries & 0x0FU));
}

bool sameBytes(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right) {
  return std::ranges::equal(left, right);
}

Bytes cryptogram(const KeyDescription& key, std::span<const std::uint8_t> challenge) {
  const Digest digest = hmacSha256(key.value, challenge);
  return {digest.begin(), digest.begin() + kCryptogram};
}

}  // namespace

Pin* Applet::findPin(std::uint8_t reference) {
  const auto found = std::ranges::find_if(
      pins_, [&](const Pin& pin) { return pin.description.reference == reference; });
  return found == pins_.end() ? nullptr : &*found;
}

const KeyDescription* Applet::findKey(std::uint8_t reference) const {
  const auto found = std::ranges::find_if(
      description_.keys, [&](const KeyDescription& key) { return key.reference == reference; });
  return found == description_.keys.end() ? nullptr : &*found;
}

Reply Applet::tryPin(Pin& pin, std::span<const std::uint8_t> value, Channel& channel) {
  if (pin.tries == 0) return say(sw::kBlocked);
  if (sameBytes(value, pin.description.value)) {
    pin.tries = pin.description.maxTries;
    channel.verifiedPins.insert(pin.description.reference);
    return say(sw::kOk);
  }
  --pin.tries;
  channel.verifiedPins.erase(pin.description.reference);
  return say(static_cast<std::uint16_t>(sw::kTriesLeft | (pin.tries & 0x0FU)));
}

Reply Applet::verify(const Command& command, Channel& channel) {
  constexpr std::uint8_t kForget = 0xFF;
  Pin* pin = findPin(command.p2);
  if (pin == nullptr) return say(sw::kReferenceNotFound);
  if (command.p1 == kForget && command.data.empty()) {
    channel.verifiedPins.erase(command.p2);
    return say(sw::kOk);
  }
  if (command.p1 != 0) return say(sw::kWrongP1P2);
  if (!command.data.empty()) return tryPin(*pin, command.data, channel);
  // Without a PIN it only asks.
  return say(channel.verifiedPins.contains(command.p2) ? sw::kOk : triesLeft(pin->tries));
}

Reply Applet::changeReferenceData(const Command& command, Channel& channel) {
  Pin* pin = findPin(command.p2);
  if (pin == nullptr) return say(sw::kReferenceNotFound);
  std::span<const std::uint8_t> fresh = command.data;
  if (command.p1 == 0x00) {
    const std::size_t old = pin->description.value.size();
    if (fresh.size() < old + pin->description.minLength) return say(sw::kWrongLength);
    const Reply checked = tryPin(*pin, fresh.first(old), channel);
    if (checked.status != sw::kOk) return checked;
    fresh = fresh.subspan(old);
  } else if (command.p1 == 0x01) {
    if (fresh.size() < pin->description.minLength) return say(sw::kWrongLength);
    if (!channel.verifiedPins.contains(command.p2)) return say(sw::kSecurityStatus);
  } else {
    return say(sw::kWrongP1P2);
  }
  pin->description.value.assign(fresh.begin(), fresh.end());
  return say(sw::kOk);
}

/// P1: 0 unblocking code and new PIN, 1 unblocking code only.
Reply Applet::resetRetryCounter(const Command& command, Channel& channel) {
  Pin* pin = findPin(command.p2);
  if (pin == nullptr) return say(sw::kReferenceNotFound);
  if (command.p1 > 1) return say(sw::kWrongP1P2);
  const Bytes& code = pin->description.unblockingCode;
  if (code.empty()) return say(sw::kReferenceDataUnusable);
  const std::size_t needed = code.size() + (command.p1 == 0 ? pin->description.minLength : 0);
  if (command.data.size() < needed || (command.p1 == 1 && command.data.size() != needed))
    return say(sw::kWrongLength);
  if (pin->unblockingTries == 0) return say(sw::kBlocked);
  const std::span<const std::uint8_t> given = command.data;
  if (!sameBytes(given.first(code.size()), code)) {
    --pin->unblockingTries;
    return say(triesLeft(pin->unblockingTries));
  }
  pin->unblockingTries = pin->description.maxUnblockingTries;
  pin->tries = pin->description.maxTries;
  channel.verifiedPins.erase(command.p2);
  if (command.p1 == 0) {
    const std::span<const std::uint8_t> fresh = given.subspan(code.size());
    pin->description.value.assign(fresh.begin(), fresh.end());
  }
  return say(sw::kOk);
}

Reply Applet::getChallenge(const Command& command, Channel&) {
  if (command.p1p2() != 0) return say(sw::kWrongP1P2);
  if (!command.expected) return say(sw::kWrongLength);
  Bytes bytes(*command.expected);
  for (std::uint8_t& byte : bytes) {
    // SplitMix64: small, and the same on every platform for the same seed.
    random_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = random_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    byte = static_cast<std::uint8_t>(mixed ^ (mixed >> 31U));
  }
  challenge_ = bytes;
  return {sw::kOk, std::move(bytes)};
}

Reply Applet::internalAuthenticate(const Command& command, Channel&) {
  const KeyDescription* key = findKey(command.p2);
  if (key == nullptr) return say(sw::kReferenceNotFound);
  if (command.p1 != 0) return say(sw::kWrongP1P2);
  if (command.data.empty() || !command.expected) return say(sw::kWrongLength);
  return {sw::kOk, cryptogram(*key, command.data)};
}

Reply Applet::externalAuthenticate(const Command& command, Channel& channel) {
  const KeyDescription* key = findKey(command.p2);
  if (key == nullptr) return say(sw::kReferenceNotFound);
  if (command.p1 != 0) return say(sw::kWrongP1P2);
  if (!challenge_) return say(sw::kConditionsNotSatisfied);
  if (command.data.size() != kCryptogram) return say(sw::kWrongLength);
  if (!sameBytes(command.data, cryptogram(*key, *challenge_))) return say(sw::kVerifyFailed);
  channel.provenKeys.insert(command.p2);
  return say(sw::kOk);
}

Reply Applet::manageChannel(const Command& command, Channel& channel) {
  constexpr std::uint8_t kOpen = 0x00;
  constexpr std::uint8_t kClose = 0x80;
  if (command.p1 == kClose) {
    const unsigned number = command.p2 != 0 ? command.p2 : command.channel();
    if (number == 0 || channels_.erase(number) == 0) return say(sw::kWrongP1P2);
    return say(sw::kOk);
  }
  if (command.p1 != kOpen) return say(sw::kWrongP1P2);
  unsigned number = command.p2;
  if (number == 0) {
    number = 1;
    while (channels_.contains(number)) ++number;
  }
  if (number >= description_.channels) return say(sw::kFunctionNotSupported);
  if (channels_.contains(number)) return say(sw::kWrongP1P2);
  // From the basic channel the new one starts afresh, from another it is a copy.
  Channel opened = channel;
  if (command.channel() == 0) {
    opened = Channel{};
    opened.df = mf_.get();
  }
  opened.ef = nullptr;
  opened.record = 0;
  channels_[number] = std::move(opened);
  if (command.p2 != 0) return say(sw::kOk);
  return {sw::kOk, {static_cast<std::uint8_t>(number)}};
}

}  // namespace scard::virtualrm::iso
