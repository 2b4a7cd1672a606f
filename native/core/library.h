// A resource manager: its table of functions and its dialect.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/api.h"
#include "core/release_guard.h"
#include "core/result.h"
#include "core/transaction_gate.h"
#include "platform/platform.h"

namespace scard {

class Library {
 public:
  /// Loads the platform's PC/SC library, or the one at `path`. Nothing is loaded before this.
  static Result<std::shared_ptr<const Library>> load(const std::optional<std::string>& path);

  /// A table made by hand: the virtual subsystem's or a test's. `owner` is what its entries are
  /// bound to and lives as long as the library.
  static std::shared_ptr<const Library> fromTable(const Api& api, const Dialect& dialect,
                                                  std::shared_ptr<void> owner = nullptr);

  const Api& api() const { return api_; }
  const Dialect& dialect() const { return dialect_; }
  /// Null for a table made by hand, whose owner keeps its own order.
  ReleaseGuard* releaseGuard() const { return releaseGuard_; }
  /// Null where no function disturbs transactions (pcsclite).
  TransactionGate* transactionGate() const { return transactionGate_.get(); }

 private:
  Library() = default;

  void guardTransactions();

  Api api_;
  Dialect dialect_;
  ReleaseGuard* releaseGuard_ = nullptr;
  std::unique_ptr<TransactionGate> transactionGate_;
  std::shared_ptr<void> owner_;
};

}  // namespace scard
