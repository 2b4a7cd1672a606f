// The frame of one call: counted, locked, its handles looked up, its turn taken.
#pragma once

#include "core/virtual/state.h"

namespace scard::virtualrm {

/// Keeps the manager alive and locked for the length of one call.
class Call {
 public:
  explicit Call(State& state);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Lock& lock() { return lock_; }

 private:
  State& state_;
  Lock lock_;
};

/// A call of a context. Where calls of a context run one at a time, it has its turn until it goes.
class ContextCall {
 public:
  enum class Turn { kTake, kSkip };

  ContextCall(State& state, abi::ContextHandle handle, Turn turn = Turn::kTake);
  ~ContextCall();
  ContextCall(const ContextCall&) = delete;
  ContextCall& operator=(const ContextCall&) = delete;

  /// Why the call cannot run; kSuccess when it can.
  std::uint32_t failure() const { return failure_; }
  Lock& lock() { return call_.lock(); }
  ContextRecord& context() { return *context_; }
  const std::shared_ptr<ContextRecord>& sharedContext() { return context_; }

  /// Lets other calls of the context run while this one waits, and takes the turn back.
  void yieldTurn();
  void retakeTurn();
  /// Whether the context is still good; for after a wait.
  std::uint32_t recheckInterrupted();

 private:
  std::uint32_t recheck();

  State& state_;
  Call call_;
  std::shared_ptr<ContextRecord> context_;
  std::uint32_t failure_ = result::kSuccess;
  bool hasTurn_ = false;
};

/// A call of a connection, in the turn of its context.
class CardCall {
 public:
  CardCall(State& state, abi::CardHandle handle);

  std::uint32_t failure() const { return failure_; }
  Lock& lock() { return contextCall_.lock(); }
  Connection& connection() { return *connection_; }
  Reader& reader() { return *connection_->reader; }
  const std::shared_ptr<Reader>& sharedReader() { return connection_->reader; }
  ContextCall& contextCall() { return contextCall_; }

  enum class Sharing { kWait, kRefuse };

  /// Another connection's transaction may be in the way: waits for its end, or refuses. Other calls
  /// of the context run meanwhile, as pcsclite asks again and again instead of holding the context.
  std::uint32_t checkSharing(Sharing sharing);
  /// The same for calls on which resource managers differ.
  std::uint32_t checkAttributeSharing();
  /// Whether the reader is still there.
  std::uint32_t checkReader() const;
  /// What this connection has not been told yet.
  std::uint32_t checkNotice() const { return connection_->notice; }
  /// Whether the connection is still open; for after a wait.
  std::uint32_t checkOpen();

 private:
  State& state_;
  ContextCall contextCall_;
  std::shared_ptr<Connection> connection_;
  std::uint32_t failure_;
};

}  // namespace scard::virtualrm
