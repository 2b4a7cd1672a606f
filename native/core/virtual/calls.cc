#include "core/virtual/calls.h"

#include "core/virtual/connection_rules.h"

namespace scard::virtualrm {

Call::Call(State& state) : state_(state), lock_(state.mutex) { ++state_.callsInFlight; }

Call::~Call() {
  if (!lock_.owns_lock()) lock_.lock();
  --state_.callsInFlight;
  if (state_.closing) state_.changed.notify_all();
}

namespace {

abi::ContextHandle contextOf(State& state, abi::CardHandle handle) {
  std::lock_guard lock(state.mutex);
  const auto connection = state.findConnection(handle);
  return connection && connection->context ? connection->context->handle : 0;
}

}  // namespace

ContextCall::ContextCall(State& state, abi::ContextHandle handle, Turn turn)
    : state_(state), call_(state) {
  context_ = state_.findContext(handle);
  recheck();
  if (failure_ == result::kSuccess && turn == Turn::kTake) retakeTurn();
}

ContextCall::~ContextCall() { yieldTurn(); }

std::uint32_t ContextCall::recheck() {
  if (!context_ || !context_->alive) {
    failure_ = result::kInvalidHandle;
  } else if (context_->lost || state_.closing) {
    failure_ = state_.profile().stoppedServiceResult;
  }
  return failure_;
}

std::uint32_t ContextCall::recheckInterrupted() {
  const bool good = failure_ == result::kSuccess;
  const std::uint32_t failure = recheck();
  // The service went while this call was under way, not before.
  if (good && context_->alive && failure != result::kSuccess)
    failure_ = state_.profile().interruptedServiceResult;
  return failure_;
}

void ContextCall::yieldTurn() {
  if (!hasTurn_) return;
  hasTurn_ = false;
  context_->busy = false;
  state_.changed.notify_all();
}

void ContextCall::retakeTurn() {
  if (state_.profile().contextIsSerialised) {
    // A released context counts as free: whoever waited for it then sees that it is gone.
    state_.changed.wait(lock(), [this] { return !context_->busy || state_.closing; });
    context_->busy = true;
    hasTurn_ = true;
  }
  recheck();
}

CardCall::CardCall(State& state, abi::CardHandle handle)
    : state_(state), contextCall_(state, contextOf(state, handle)) {
  connection_ = state_.findConnection(handle);
  failure_ = contextCall_.failure();
  if (!connection_) failure_ = result::kInvalidHandle;
}

std::uint32_t CardCall::checkOpen() {
  const std::uint32_t failure = contextCall_.recheckInterrupted();
  if (failure != result::kSuccess) return failure;
  return connection_->open ? result::kSuccess : result::kInvalidHandle;
}

std::uint32_t CardCall::checkReader() const {
  return connection_->reader->attached ? result::kSuccess : state_.profile().unpluggedResult;
}

std::uint32_t CardCall::checkSharing(Sharing sharing) {
  Reader& held = reader();
  const abi::CardHandle self = connection_->handle;
  expireIdleTransaction(state_, lock(), held);
  while (held.lockOwner != 0 && held.lockOwner != self) {
    if (sharing == Sharing::kRefuse) return result::kSharingViolation;
    contextCall_.yieldTurn();
    const std::uint32_t refused = waitForLock(state_, lock(), held, self, [this] {
      return !connection_->open || !contextCall_.context().alive;
    });
    contextCall_.retakeTurn();
    if (refused != result::kSuccess) return refused;
    if (const std::uint32_t failure = checkOpen(); failure != result::kSuccess) return failure;
    if (!held.attached) return result::kSuccess;
  }
  if (held.lockOwner == self) held.lockUsed = Clock::now();
  return result::kSuccess;
}

std::uint32_t CardCall::checkAttributeSharing() {
  return checkSharing(state_.profile().attributesWaitForTransaction ? Sharing::kWait
                                                                    : Sharing::kRefuse);
}

}  // namespace scard::virtualrm
