#include "core/pcsc_transaction.h"

#include <utility>

#include "core/pcsc_call.h"

namespace scard {

PcscTransaction::PcscTransaction(const PcscCard& card, Disposition disposition, Pass pass)
    : pass_(std::move(pass)), card_(&card), disposition_(disposition) {}

PcscTransaction::PcscTransaction(PcscTransaction&& other) noexcept
    : pass_(std::exchange(other.pass_, std::nullopt)),
      card_(std::exchange(other.card_, nullptr)),
      disposition_(other.disposition_) {}

PcscTransaction& PcscTransaction::operator=(PcscTransaction&& other) noexcept {
  if (this != &other) {
    static_cast<void>(end(disposition_));
    pass_ = std::exchange(other.pass_, std::nullopt);
    card_ = std::exchange(other.card_, nullptr);
    disposition_ = other.disposition_;
  }
  return *this;
}

PcscTransaction::~PcscTransaction() { static_cast<void>(end(disposition_)); }

Result<PcscTransaction> PcscTransaction::begin(const PcscCard& card, Disposition disposition) {
  Pass pass;
  if (TransactionGate* const gate = card.transactionGate()) pass.emplace(gate->enter());
  if (auto error = callPcsc("SCardBeginTransaction", card.api().beginTransaction, card.handle())) {
    return std::move(*error);
  }
  return PcscTransaction(card, disposition, std::move(pass));
}

Result<void> PcscTransaction::end(Disposition disposition) {
  const PcscCard* card = std::exchange(card_, nullptr);
  if (card == nullptr) return {};
  auto error = callPcsc("SCardEndTransaction", card->api().endTransaction, card->handle(),
                        static_cast<abi::Dword>(disposition));
  pass_.reset();
  card->notePower(disposition, error);
  return toResult(std::move(error));
}

}  // namespace scard
