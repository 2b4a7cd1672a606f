#include "core/virtual/calls.h"
#include "core/virtual/connection_rules.h"
#include "core/virtual/functions.h"

namespace scard::virtualrm {

namespace {

std::uint32_t checkUsable(const CardCall& call) {
  if (const std::uint32_t gone = call.checkReader(); gone != result::kSuccess) return gone;
  return call.checkNotice();
}

}  // namespace

Long beginTransaction(State& state, CardHandle handle) {
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  std::uint32_t failure = checkUsable(call);
  if (failure == result::kSuccess) failure = call.checkSharing(CardCall::Sharing::kWait);
  // Again, after what may have been a long wait.
  if (failure == result::kSuccess) failure = checkUsable(call);
  if (failure != result::kSuccess) return toLong(failure);
  Reader& reader = call.reader();
  reader.lockOwner = handle;
  ++reader.lockCount;
  reader.lockUsed = Clock::now();
  return toLong(result::kSuccess);
}

namespace {

std::uint32_t release(Reader& reader, CardHandle handle) {
  if (reader.lockOwner != handle) return result::kSharingViolation;
  if (--reader.lockCount == 0) {
    reader.lockOwner = 0;
    reader.idle.notify_all();
  }
  return result::kSuccess;
}

}  // namespace

Long endTransaction(State& state, CardHandle handle, Dword disposition) {
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  if (disposition > disposition::kEject) return toLong(result::kInvalidValue);
  expireIdleTransaction(state, call.lock(), call.reader());
  std::uint32_t failure = checkUsable(call);
  if (failure != result::kSuccess) return toLong(failure);
  Reader& reader = call.reader();
  if (reader.lockOwner == 0) return toLong(result::kNotTransacted);
  if (reader.lockOwner != handle) return toLong(result::kSharingViolation);
  failure = applyDisposition(state, call.lock(), reader, disposition, /*powerBackOn=*/true);
  if (!state.profile().endTransactionTellsItself && failure == result::kSuccess)
    call.connection().notice = result::kSuccess;
  // A card that was ejected took the transaction with it.
  const std::uint32_t released =
      reader.lockOwner == 0 ? std::uint32_t{result::kSuccess} : release(reader, handle);
  return toLong(failure != result::kSuccess ? failure : released);
}

}  // namespace scard::virtualrm
