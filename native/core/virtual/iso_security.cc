// PINs, keys and logical channels: ISO/IEC 7816-4 11.5 and 11.1.2.
#include <algorithm>
#include <utility>

#include "core/virtual/iso_applet.h"
#include "core/virtual/sha256.h"

namespace scard::virtualrm::iso {

namespace {

constexpr std::size_t kCryptogram = 8;

/// What a wrong value is answered, even the last one.
std::uint16_t wrong(std::uint8_t triesLeft) {
  return static_cast<std::uint16_t>(sw::kTriesLeft | (triesLeft & 0x0FU));
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
    channel.verifiedPins.emplace(pin.description.reference, channel.df);
    return say(sw::kOk);
  }
  --pin.tries;
  channel.verifiedPins.erase(pin.description.reference);
  return say(wrong(pin.tries));
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
  if (channel.verifiedPins.contains(command.p2)) return say(sw::kOk);
  return say(pin->tries == 0 ? sw::kBlocked : wrong(pin->tries));
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

/// P1: 0 unblocking code and new PIN, 1 unblocking code, 2 new PIN, 3 nothing.
Reply Applet::resetRetryCounter(const Command& command, Channel& channel) {
  Pin* pin = findPin(command.p2);
  if (pin == nullptr) return say(sw::kReferenceNotFound);
  if (command.p1 > 3) return say(sw::kWrongP1P2);
  const bool takesCode = command.p1 <= 1;
  const bool takesPin = command.p1 % 2 == 0;
  const Bytes& code = pin->description.unblockingCode;
  if (takesCode && code.empty()) return say(sw::kReferenceDataUnusable);
  if (!takesCode && !allows(pin->description.reset, channel)) return say(sw::kSecurityStatus);
  std::span<const std::uint8_t> given = command.data;
  const std::size_t needed =
      (takesCode ? code.size() : 0) + (takesPin ? pin->description.minLength : 0);
  if (given.size() < needed || (!takesPin && given.size() != needed)) return say(sw::kWrongLength);
  if (takesCode) {
    const Reply checked = tryCode(*pin, given.first(code.size()));
    if (checked.status != sw::kOk) return checked;
    given = given.subspan(code.size());
  }
  pin->tries = pin->description.maxTries;
  channel.verifiedPins.erase(command.p2);
  if (takesPin) pin->description.value.assign(given.begin(), given.end());
  return say(sw::kOk);
}

/// Tries the unblocking code.
Reply Applet::tryCode(Pin& pin, std::span<const std::uint8_t> value) {
  if (pin.unblockingTries == 0) return say(sw::kBlocked);
  if (sameBytes(value, pin.description.unblockingCode)) {
    pin.unblockingTries = pin.description.maxUnblockingTries;
    return say(sw::kOk);
  }
  --pin.unblockingTries;
  return say(wrong(pin.unblockingTries));
}

Reply Applet::getChallenge(const Command& command, Channel& channel) {
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
  channel.challenge = bytes;
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
  const std::optional<Bytes> challenge = std::exchange(channel.challenge, std::nullopt);
  if (!challenge) return say(sw::kConditionsNotSatisfied);
  if (command.data.size() != kCryptogram) return say(sw::kWrongLength);
  if (!sameBytes(command.data, cryptogram(*key, *challenge))) {
    channel.provenKeys.erase(command.p2);
    return say(sw::kVerifyFailed);
  }
  channel.provenKeys.emplace(command.p2, channel.df);
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
    // The answer names it.
    if (!command.expected) return say(sw::kWrongLength);
    number = 1;
    while (channels_.contains(number)) ++number;
  }
  if (number >= description_.channels) return say(sw::kFunctionNotSupported);
  if (channels_.contains(number)) return say(sw::kWrongP1P2);
  // From the basic channel the new one starts afresh, from another it is a copy.
  Channel opened;
  opened.df = mf_.get();
  if (command.channel() != 0) {
    opened.df = channel.df;
    opened.verifiedPins = channel.verifiedPins;
    opened.provenKeys = channel.provenKeys;
  }
  channels_[number] = std::move(opened);
  if (command.p2 != 0) return say(sw::kOk);
  return {sw::kOk, {static_cast<std::uint8_t>(number)}};
}

}  // namespace scard::virtualrm::iso
