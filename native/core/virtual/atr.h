// Protocols a card offers in its ATR (ISO/IEC 7816-3 8.2).
#pragma once

#include <cstdint>
#include <span>

#include "core/virtual/codes.h"

namespace scard::virtualrm {

struct AtrProtocols {
  /// Bits of `protocol::`: all that the card offers.
  Dword offered = 0;
  /// The first one offered, or the one that specific mode fixes.
  Dword preferred = 0;
};

/// Reads the offered protocols. An ATR that breaks off offers what was read so far, and T=0 when
/// that is nothing, as readers do.
AtrProtocols protocolsOf(std::span<const std::uint8_t> atr);

/// Length the ATR itself declares, 0 when it breaks off: TS to TCK.
std::size_t declaredAtrLength(std::span<const std::uint8_t> atr);

}  // namespace scard::virtualrm
