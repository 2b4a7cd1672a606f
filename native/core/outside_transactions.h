// How calls that an open transaction forbids reach the table.
#pragma once

#include <utility>

#include "core/pcsc_context.h"
#include "core/result.h"

namespace scard {

/// The result of `call()`, or a refusal while a transaction is open on the context's library.
template <typename Call>
auto outsideTransactions(const PcscContext& context, const char* name, const Call& call)
    -> decltype(call()) {
  TransactionGate* const gate = context.library()->transactionGate();
  if (gate == nullptr) return call();
  auto result = gate->outside(call);
  if (!result.has_value()) return Error{name, 0, Reason::kInTransaction};
  return std::move(*result);
}

}  // namespace scard
