#include "core/virtual/calls.h"
#include "core/virtual/connection_rules.h"
#include "core/virtual/functions.h"

namespace scard::virtualrm {

Long establishContext(State& state, Dword scope, const void*, const void*, ContextHandle* context) {
  const Call call(state);
  if (context == nullptr) return toLong(result::kInvalidParameter);
  *context = 0;
  if (scope > 3) return toLong(result::kInvalidValue);
  if (!state.running || state.closing) return toLong(result::kNoService);
  auto record = std::make_shared<ContextRecord>();
  record->handle = static_cast<ContextHandle>(state.makeHandle());
  state.contexts[record->handle] = record;
  *context = record->handle;
  return toLong(result::kSuccess);
}

namespace {

/// Closes what a released context leaves open. A card in the middle of a transaction is reset: the
/// next user must not find it half way through something.
void closeCards(State& state, ContextCall& call) {
  while (!call.context().cards.empty()) {
    const auto connection = state.findConnection(*call.context().cards.begin());
    if (!connection) break;
    Reader& reader = *connection->reader;
    const bool interrupted =
        reader.lockOwner == connection->handle && connection->notice == result::kSuccess;
    state.unlockAll(reader, connection->handle);
    if (interrupted && reader.attached && reader.card)
      cyclePower(state, call.lock(), reader, PowerCycle::kReset);
    dropConnection(state, *connection);
  }
}

}  // namespace

Long releaseContext(State& state, ContextHandle handle) {
  ContextCall call(state, handle);
  if (call.failure() == result::kInvalidHandle) return toLong(call.failure());
  ContextRecord& context = call.context();
  context.alive = false;
  state.contexts.erase(handle);
  if (call.failure() == result::kSuccess) {
    closeCards(state, call);
  } else {
    for (const CardHandle card : context.cards) state.connections.erase(card);
  }
  context.allocations.clear();
  state.announce();
  return toLong(call.failure());
}

Long isValidContext(State& state, ContextHandle handle) {
  const ContextCall call(state, handle, ContextCall::Turn::kSkip);
  // pcsclite looks in its own table only; Windows asks the service.
  const bool known = call.failure() != result::kInvalidHandle &&
                     (call.failure() == result::kSuccess || state.profile().contextIsSerialised);
  return toLong(known ? result::kSuccess : result::kInvalidHandle);
}

Long cancel(State& state, ContextHandle handle) {
  ContextCall call(state, handle, ContextCall::Turn::kSkip);
  if (call.failure() == result::kInvalidHandle) return toLong(call.failure());
  // Only a wait in progress is ended: a cancel that comes before it is lost, as in pcsclite.
  if (call.context().waits > 0) {
    ++call.context().cancelled;
    state.announce();
  }
  return toLong(result::kSuccess);
}

void* accessStartedEvent(State& state) {
  const Call call(state);
  return state.started.handle();
}

void releaseStartedEvent(State& state) { const Call call(state); }

Long freeMemory(State& state, ContextHandle handle, const void* memory) {
  const Call call(state);
  const auto context = state.findContext(handle);
  if (!context && handle != 0) return toLong(result::kInvalidHandle);
  const bool freed =
      (context && context->allocations.erase(memory) > 0) || state.allocations.erase(memory) > 0;
  return toLong(freed || memory == nullptr ? result::kSuccess : result::kInvalidParameter);
}

}  // namespace scard::virtualrm
