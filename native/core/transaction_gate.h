// Keeps calls that would break an open transaction away from it.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

namespace scard {

/// On Windows SCardListCards and SCardLocateCards reset the card of an open transaction, and can
/// hang the machine (Windows 7, 2008 R2). Belongs to a table of functions: counts its transactions,
/// those that wait for their card included, and runs such calls only while there is none.
class TransactionGate {
 public:
  /// One transaction, from before its begin until after its end.
  class Pass {
   public:
    explicit Pass(TransactionGate& gate) : gate_(&gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      if (this != &other) {
        leave();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() { leave(); }

   private:
    void leave() noexcept {
      if (gate_ != nullptr) std::exchange(gate_, nullptr)->leave();
    }

    TransactionGate* gate_;
  };

  TransactionGate() = default;
  TransactionGate(const TransactionGate&) = delete;
  TransactionGate& operator=(const TransactionGate&) = delete;

  /// Waits for a call that runs outside of transactions.
  Pass enter() {
    const std::lock_guard lock(mutex_);
    ++open_;
    return Pass(*this);
  }

  /// Runs `call` unless a transaction is open; none begins meanwhile.
  template <typename Call>
  auto outside(const Call& call) -> std::optional<decltype(call())> {
    const std::lock_guard lock(mutex_);
    if (open_ > 0) return std::nullopt;
    return call();
  }

 private:
  void leave() noexcept {
    const std::lock_guard lock(mutex_);
    --open_;
  }

  std::mutex mutex_;
  std::size_t open_ = 0;
};

}  // namespace scard
