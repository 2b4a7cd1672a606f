#include "core/pcsc_transaction.h"

#include <utility>

#include "core/pcsc_call.h"

namespace scard {

PcscTransaction::PcscTransaction(const PcscCard& card, Disposition disposition)
    : card_(&card), disposition_(disposition) {}

PcscTransaction::PcscTransaction(PcscTransaction&& other) noexcept
    : card_(std::exchange(other.card_, nullptr)), disposition_(other.disposition_) {}

PcscTransaction& PcscTransaction::operator=(PcscTransaction&& other) noexcept {
  if (this != &other) {
    static_cast<void>(end(disposition_));
    card_ = std::exchange(other.card_, nullptr);
    disposition_ = other.disposition_;
  }
  return *this;
}

PcscTransaction::~PcscTransaction() { static_cast<void>(end(disposition_)); }

Result<PcscTransaction> PcscTransaction::begin(const PcscCard& card, Disposition disposition) {
  if (auto error = callPcsc("SCardBeginTransaction", card.api().beginTransaction, card.handle())) {
    return std::move(*error);
  }
  return PcscTransaction(card, disposition);
}

Result<void> PcscTransaction::end(Disposition disposition) {
  const PcscCard* card = std::exchange(card_, nullptr);
  if (card == nullptr) return {};
  return toResult(callPcsc("SCardEndTransaction", card->api().endTransaction, card->handle(),
                           static_cast<abi::Dword>(disposition)));
}

}  // namespace scard
