// PC/SC Part 10 as a reader speaks it: the feature list, TLV properties and PIN blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/virtual/options.h"

namespace scard::virtualrm::part10 {

enum Feature : std::uint8_t {
  kVerifyPinDirect = 0x06,
  kModifyPinDirect = 0x07,
  kIfdPinProperties = 0x0A,
  kGetTlvProperties = 0x12,
  kCcidEscape = 0x13,
};

/// CM_IOCTL_GET_FEATURE_REQUEST without the platform's SCARD_CTL_CODE.
inline constexpr Dword kGetFeatureRequest = 3400;

/// PIN pad limits, also told in the TLV properties.
inline constexpr std::uint8_t kMinPinSize = 4;
inline constexpr std::uint8_t kMaxPinSize = 12;

/// A function number from a control code of either platform.
Dword functionOf(Dword code);
/// The control code of a function in the profile's form.
Dword codeOf(const Profile& profile, Dword function);
/// The function that a feature has in this profile.
Dword functionOfFeature(const Profile& profile, Feature feature);

/// Answer to GET_FEATURE_REQUEST: tag, length 4, control code in big endian.
Bytes featureList(const Profile& profile, const ReaderOptions& reader);
/// Answer to GET_TLV_PROPERTIES: numbers in little endian.
Bytes tlvProperties(const ReaderOptions& reader);
/// PIN_PROPERTIES_STRUCTURE.
Bytes pinProperties();

/// Where and how a PIN pad writes a PIN into a command.
struct PinFormat {
  enum class Coding : std::uint8_t { kBinary = 0, kBcd = 1, kAscii = 2 };
  Coding coding = Coding::kAscii;
  bool rightJustified = false;
  /// Bit position of the PIN in the data field.
  std::size_t position = 0;
  /// Bytes the PIN occupies; 0: as many as it needs.
  std::size_t blockSize = 0;
  /// Bits of the length written before the PIN; 0: none.
  std::size_t lengthSize = 0;
  std::size_t lengthPosition = 0;
};

/// A PIN_VERIFY_STRUCTURE or PIN_MODIFY_STRUCTURE, decoded.
struct PinOperation {
  bool modifies = false;
  PinFormat format;
  std::uint8_t minSize = 0;
  std::uint8_t maxSize = 0;
  /// PIN_MODIFY only: byte offsets of the two PINs, and what the pad asks for.
  std::size_t oldOffset = 0;
  std::size_t newOffset = 0;
  bool asksOldPin = false;
  bool asksConfirmation = false;
  Bytes command;
};

/// Nothing when the block is malformed.
std::optional<PinOperation> parseVerify(std::span<const std::uint8_t> block);
std::optional<PinOperation> parseModify(std::span<const std::uint8_t> block);

/// Writes `digits` into the operation's command, `offset` bytes further than the format says.
/// False when it does not fit.
bool insertPin(Bytes& command, const PinFormat& format, const std::string& digits,
               std::size_t offset);

}  // namespace scard::virtualrm::part10
