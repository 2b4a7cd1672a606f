// A connected card as what carries single APDUs.
#pragma once

#include <optional>

#include "core/apdu_exchange.h"
#include "core/exchange.h"
#include "core/pcsc_card.h"

namespace scard {

/// Remembers the card's capabilities until told to forget them. Borrows both of its parts.
class CardLine final : public ApduLine {
 public:
  explicit CardLine(const PcscCard& card) : card_(&card) {}

  /// What the next commands are for.
  void serve(const Exchange& exchange) { exchange_ = &exchange; }
  /// The card may be another one, or another's ATR.
  void forget() { known_ = false; }

  Result<std::size_t> transmit(std::span<const std::uint8_t> command,
                               std::span<std::uint8_t> response) override {
    return card_->transmit(command, 0, response);
  }
  std::uint32_t protocol() const override { return card_->activeProtocol(); }
  std::optional<ApduCapabilities> capabilities() override;
  bool wanted() const override { return exchange_ == nullptr || exchange_->wanted(); }

 private:
  const PcscCard* card_;
  const Exchange* exchange_ = nullptr;
  bool known_ = false;
  std::optional<ApduCapabilities> capabilities_;
};

}  // namespace scard
