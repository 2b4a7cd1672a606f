// Command APDUs as a card reads them (ISO/IEC 7816-4 5.1 to 5.4).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/virtual/card_device.h"

namespace scard::virtualrm::iso {

/// Status words the card uses.
namespace sw {
inline constexpr std::uint16_t kOk = 0x9000;
inline constexpr std::uint16_t kEndOfFile = 0x6282;
inline constexpr std::uint16_t kVerifyFailed = 0x6300;
inline constexpr std::uint16_t kTriesLeft = 0x63C0;
inline constexpr std::uint16_t kWrongLength = 0x6700;
inline constexpr std::uint16_t kChannelNotSupported = 0x6881;
inline constexpr std::uint16_t kSecureMessagingNotSupported = 0x6882;
inline constexpr std::uint16_t kLastOfChainExpected = 0x6883;
inline constexpr std::uint16_t kChainingNotSupported = 0x6884;
inline constexpr std::uint16_t kWrongFileType = 0x6981;
inline constexpr std::uint16_t kSecurityStatus = 0x6982;
inline constexpr std::uint16_t kBlocked = 0x6983;
inline constexpr std::uint16_t kReferenceDataUnusable = 0x6984;
inline constexpr std::uint16_t kConditionsNotSatisfied = 0x6985;
inline constexpr std::uint16_t kNoCurrentEf = 0x6986;
inline constexpr std::uint16_t kWrongData = 0x6A80;
inline constexpr std::uint16_t kFunctionNotSupported = 0x6A81;
inline constexpr std::uint16_t kFileNotFound = 0x6A82;
inline constexpr std::uint16_t kRecordNotFound = 0x6A83;
inline constexpr std::uint16_t kNotEnoughMemory = 0x6A84;
inline constexpr std::uint16_t kWrongP1P2 = 0x6A86;
inline constexpr std::uint16_t kReferenceNotFound = 0x6A88;
inline constexpr std::uint16_t kWrongOffset = 0x6B00;
inline constexpr std::uint16_t kInsNotSupported = 0x6D00;
inline constexpr std::uint16_t kClaNotSupported = 0x6E00;
}  // namespace sw

/// One command. `expected` is Ne: nothing when there is no Le.
struct Command {
  std::uint8_t cla = 0;
  std::uint8_t ins = 0;
  std::uint8_t p1 = 0;
  std::uint8_t p2 = 0;
  Bytes data;
  std::optional<std::size_t> expected;
  bool extended = false;

  unsigned channel() const;
  bool isChained() const { return (cla & 0x80U) == 0 && (cla & 0x10U) != 0; }
  bool isSecure() const;
  /// 001X XXXX: reserved for future use.
  bool isReserved() const { return (cla & 0xE0U) == 0x20U; }
  /// An odd instruction: its data are BER-TLV coded (ISO/IEC 7816-4 5.5).
  bool isOdd() const { return (ins & 1U) != 0; }
  bool isProprietary() const { return (cla & 0x80U) != 0; }
  unsigned p1p2() const { return static_cast<unsigned>(p1 << 8 | p2); }
};

/// What a card answers.
struct Reply {
  std::uint16_t status = sw::kOk;
  Bytes data;
};

inline Reply say(std::uint16_t status) { return {status, {}}; }

/// Nothing when the length fields do not add up.
std::optional<Command> parseCommand(std::span<const std::uint8_t> bytes);

/// The tag field at the beginning of `bytes`, which is moved past it; nothing when it breaks off.
std::optional<unsigned> takeTag(std::span<const std::uint8_t>& bytes);

/// One data object at the beginning of `bytes`, which is moved past it; nothing when it breaks off.
struct DataObject {
  unsigned tag = 0;
  std::span<const std::uint8_t> value;
};
std::optional<DataObject> takeObject(std::span<const std::uint8_t>& bytes);

/// Appends tag, length and value.
void appendObject(Bytes& bytes, unsigned tag, std::span<const std::uint8_t> value);

}  // namespace scard::virtualrm::iso
