#include "core/card_line.h"

namespace scard {

std::optional<ApduCapabilities> CardLine::capabilities() {
  if (known_) return capabilities_;
  // Without an ATR nothing is known; what is wrong shows when the command is sent.
  const auto status = card_->status();
  if (!status.ok()) return std::nullopt;
  capabilities_ = readCapabilities(status.value().atr);
  known_ = true;
  return capabilities_;
}

}  // namespace scard
