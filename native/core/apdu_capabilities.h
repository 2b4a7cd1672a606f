// What a card's ATR says of long commands: the card capabilities of ISO/IEC 7816-4, 8.1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace scard {

struct ApduCapabilities {
  /// Command chaining: bit 5 of the class byte.
  bool chaining = false;
  /// Extended Lc and Le fields.
  bool extended = false;
};

/// Nothing when the historical bytes do not say.
std::optional<ApduCapabilities> readCapabilities(std::span<const std::uint8_t> atr);

}  // namespace scard
