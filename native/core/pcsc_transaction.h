// Owner of a card's lock (SCardBeginTransaction).
#pragma once

#include <optional>
#include <type_traits>

#include "core/pcsc_card.h"
#include "core/transaction_gate.h"

namespace scard {

/// Held until destroyed. Borrows the card, which must outlive it; the destructor ends with the
/// disposition given at the start.
class PcscTransaction {
 public:
  static Result<PcscTransaction> begin(const PcscCard& card, Disposition disposition);

  PcscTransaction(PcscTransaction&& other) noexcept;
  PcscTransaction& operator=(PcscTransaction&& other) noexcept;
  PcscTransaction(const PcscTransaction&) = delete;
  PcscTransaction& operator=(const PcscTransaction&) = delete;
  ~PcscTransaction();

  /// SCardEndTransaction. The lock counts as released whatever the result: every resource manager
  /// drops it when the card or the connection is gone.
  Result<void> end(Disposition disposition);

 private:
  using Pass = std::optional<TransactionGate::Pass>;

  PcscTransaction(const PcscCard& card, Disposition disposition, Pass pass);

  Pass pass_;
  const PcscCard* card_;
  Disposition disposition_;
};

static_assert(!std::is_copy_constructible_v<PcscTransaction>);

}  // namespace scard
