// How a command with extended length fields reaches the card.
#pragma once

#include <cstddef>

#include "core/apdu_command.h"
#include "core/apdu_exchange.h"

namespace scard {

struct ApduPlan {
  enum class Way : std::uint8_t { kWhole, kChaining, kEnvelope, kTooLong, kAlreadyChained };
  Way way = Way::kWhole;
  /// Whether the commands sent have extended length fields.
  bool extended = false;
  /// Whether they are mapped to T=0 command TPDUs.
  bool tpdu = false;
  /// Most data in one command of a chain or one ENVELOPE.
  std::size_t piece = 255;
};

ApduPlan planApdu(const ApduFields& fields, const FramingOptions& options, ApduLine& line);

}  // namespace scard
