// Command APDUs as they go over the line: the seven encodings of ISO/IEC 7816-3, 12.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace scard {

/// Header, extended Lc, 65 535 bytes of data, extended Le.
inline constexpr std::size_t kLongestCommand = 4 + 3 + 65535 + 2;

/// The fields of a command. The data are the caller's.
struct ApduFields {
  /// CLA, INS, P1, P2.
  std::array<std::uint8_t, 4> header{};
  std::span<const std::uint8_t> data{};
  /// Ne, 1 to 65 536; 0 without an Le field.
  std::uint32_t expected = 0;
  /// Whether the length fields are extended.
  bool extended = false;

  std::uint8_t cla() const { return header[0]; }
  /// Bit 8 of the class byte: not of ISO/IEC 7816-4.
  bool proprietary() const { return (cla() & 0x80U) != 0; }
  /// FF: a command to the reader (PC/SC part 3), which no card sees.
  bool forReader() const { return cla() == 0xFF; }
  /// Bit 5 of an interindustry class: a further command of the chain follows.
  bool chained() const { return !proprietary() && (cla() & 0x10U) != 0; }
};

/// Nothing when the length fields do not add up.
std::optional<ApduFields> parseApdu(std::span<const std::uint8_t> bytes);

/// Appends the encoding of a command whose values fit its length fields.
void appendApdu(std::vector<std::uint8_t>& bytes, const ApduFields& fields);

/// Appends the T=0 command header and body (ISO/IEC 7816-3, 12.2): five bytes at least, no Le
/// after data, P3 = 00 for all that exceeds 255.
void appendTpdu(std::vector<std::uint8_t>& bytes, const ApduFields& fields);

/// Length of the encoding.
std::size_t apduLength(const ApduFields& fields);

}  // namespace scard
