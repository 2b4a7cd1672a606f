// Operations: what a caller is waiting for. Each is settled exactly once, by whoever comes first:
// the thread that did the work or the caller who no longer wants it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/buffer_pool.h"
#include "core/pcsc_card.h"
#include "core/pcsc_context.h"
#include "core/result.h"
#include "core/session.h"

namespace scard {

class CardSession;
class ContextSession;
class FileLockSession;
class Exchange;

using OperationId = std::uint64_t;

/// A new connection and the protocol it speaks.
struct Connection {
  Owner<CardSession> card;
  std::uint32_t protocol;
};

using Value =
    std::variant<std::monostate, bool, std::uint32_t, std::string, std::vector<std::string>,
                 std::vector<std::uint8_t>, std::vector<ReaderReport>, CardStatus, ResponseBytes,
                 Owner<ContextSession>, Owner<FileLockSession>, Connection>;
using Outcome = std::variant<Value, Error>;

struct Completion {
  OperationId id;
  Outcome outcome;
};

/// Where finished operations go. Called on any thread, never twice for one operation.
class CompletionSink {
 public:
  CompletionSink() = default;
  CompletionSink(const CompletionSink&) = delete;
  CompletionSink& operator=(const CompletionSink&) = delete;
  virtual ~CompletionSink() = default;

  virtual void deliver(Completion completion) noexcept = 0;
  virtual void deliver(std::unique_ptr<Exchange> exchange) noexcept = 0;
  /// Nothing follows soon: what was delivered and not taken yet must not wait for more.
  virtual void flush() noexcept {}
};

class Operations;

class Operation {
 public:
  Operation(std::shared_ptr<Operations> operations, OperationId id, const char* call);

  OperationId id() const { return id_; }
  const char* call() const { return call_; }
  bool settled() const { return settled_.load(std::memory_order_acquire); }

  /// Delivers the outcome. False, and the outcome is destroyed, when the operation was settled
  /// before: the caller then undoes what it did.
  bool settle(Outcome outcome);

  /// What cancelling does besides settling, such as interrupting a wait. Set before the operation
  /// is handed to a thread.
  void onCancel(std::function<void()> action) { onCancel_ = std::move(action); }

 private:
  friend class Operations;

  std::shared_ptr<Operations> operations_;
  const OperationId id_;
  const char* const call_;
  std::atomic<bool> settled_{false};
  std::function<void()> onCancel_;
};

/// The operations of one runtime.
class Operations : public std::enable_shared_from_this<Operations> {
 public:
  explicit Operations(std::shared_ptr<CompletionSink> sink) : sink_(std::move(sink)) {}

  std::shared_ptr<Operation> create(const char* call);

  /// Settles with SCARD_E_CANCELLED. False when the operation has finished.
  bool cancel(OperationId id);

  /// Cancels with another failure than SCARD_E_CANCELLED.
  bool cancel(OperationId id, Reason reason);

  /// Settles all as cancelled and delivers nothing any more.
  void close();

  std::size_t pending() const;

  /// Delivers an APDU, or drops it when closed.
  void deliver(std::unique_ptr<Exchange> exchange) noexcept;
  void flush() noexcept;

 private:
  friend class Operation;

  std::shared_ptr<CompletionSink> sink() const;

  void finish(OperationId id, Outcome outcome);
  std::shared_ptr<Operation> find(OperationId id) const;

  mutable std::mutex mutex_;
  std::unordered_map<OperationId, std::shared_ptr<Operation>> pending_;
  OperationId lastId_ = 0;
  std::shared_ptr<CompletionSink> sink_;
};

/// An error with the operation's own call, for failures that reach no PC/SC function.
inline Error failure(const Operation& operation, Reason reason) {
  return Error{operation.call(), 0, reason, {}};
}

/// A Result as an Outcome.
template <typename T>
Outcome toOutcome(Result<T> result) {
  if (!result.ok()) return std::move(result.error());
  return Value(std::move(result.value()));
}

inline Outcome toOutcome(Result<void> result) {
  if (!result.ok()) return std::move(result.error());
  return Value(std::monostate{});
}

}  // namespace scard
