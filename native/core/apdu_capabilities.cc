#include "core/apdu_capabilities.h"

#include <bit>

namespace scard {

namespace {

/// The historical bytes of an ATR (ISO/IEC 7816-3, 8.2); empty when it breaks off before them.
std::span<const std::uint8_t> historicalBytes(std::span<const std::uint8_t> atr) {
  if (atr.size() < 2) return {};
  const std::size_t count = atr[1] & 0x0FU;
  std::size_t position = 1;
  // T0 and each TDi say in their high half which of TA, TB, TC and TD follow.
  for (unsigned follow = atr[1] >> 4U; follow != 0;) {
    position += static_cast<std::size_t>(std::popcount(follow));
    if (position >= atr.size()) return {};
    follow = (follow & 0x8U) != 0 ? atr[position] >> 4U : 0;
  }
  ++position;
  if (position + count > atr.size()) return {};
  return atr.subspan(position, count);
}

}  // namespace

std::optional<ApduCapabilities> readCapabilities(std::span<const std::uint8_t> atr) {
  auto bytes = historicalBytes(atr);
  // 00: COMPACT-TLV objects, then three bytes of status. 80: objects only. Others are no objects.
  if (bytes.empty() || (bytes[0] != 0x00 && bytes[0] != 0x80)) return std::nullopt;
  if (bytes[0] == 0x00) {
    if (bytes.size() < 4) return std::nullopt;
    bytes = bytes.first(bytes.size() - 3);
  }
  bytes = bytes.subspan(1);
  while (!bytes.empty()) {
    const std::size_t length = bytes[0] & 0x0FU;
    const unsigned tag = bytes[0] >> 4U;
    if (length >= bytes.size()) return std::nullopt;
    // Tag 7, third byte: bit 8 command chaining, bit 7 extended length fields.
    if (tag == 7 && length >= 3) {
      return ApduCapabilities{(bytes[3] & 0x80U) != 0, (bytes[3] & 0x40U) != 0};
    }
    bytes = bytes.subspan(1 + length);
  }
  return std::nullopt;
}

}  // namespace scard
