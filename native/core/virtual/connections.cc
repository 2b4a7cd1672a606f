#include "core/virtual/calls.h"
#include "core/virtual/connection_rules.h"
#include "core/virtual/functions.h"

namespace scard::virtualrm {

namespace {

bool isDirectExclusive(const State& state, Dword shareMode) {
  return shareMode == share::kDirect && state.profile().directIsExclusive;
}

/// Connecting, and resetting at disconnect, waits for another connection's transaction to end.
std::uint32_t waitForOthers(State& state, ContextCall& call, Reader& reader, CardHandle self) {
  const std::uint64_t before = state.stops;
  const std::uint32_t refused =
      waitForLock(state, call.lock(), reader, self, [&] { return !call.context().alive; });
  if (refused != result::kSuccess) return refused;
  if (state.stops != before || state.closing) return state.profile().interruptedServiceResult;
  const std::uint32_t failure = call.recheckInterrupted();
  if (failure != result::kSuccess) return failure;
  return reader.attached ? result::kSuccess : state.profile().unpluggedResult;
}

/// Joins the sharers of a reader, or takes it alone.
std::uint32_t takeShare(const State& state, Reader& reader, const Connection& connection) {
  const bool alone =
      connection.shareMode == share::kExclusive || isDirectExclusive(state, connection.shareMode);
  if (reader.exclusive || (alone && reader.connections > 0)) return result::kSharingViolation;
  reader.exclusive = alone;
  ++reader.connections;
  return result::kSuccess;
}

std::uint32_t prepareCard(State& state, ContextCall& call, Reader& reader, Dword shareMode,
                          Dword protocols) {
  if (shareMode != share::kDirect) {
    // As in pcscd, looking at the card waits for an exchange under way.
    const std::uint32_t refused = state.acquireLine(call.lock(), reader);
    if (refused != result::kSuccess) return refused;
    state.releaseLine(reader);
    const std::uint32_t powered = powerUp(state, call.lock(), reader);
    if (powered != result::kSuccess) return powered;
  }
  return negotiate(state, reader, shareMode, protocols);
}

std::uint32_t connectTo(State& state, ContextCall& call, const std::shared_ptr<Reader>& reader,
                        Dword shareMode, Dword protocols, CardHandle* card) {
  if (reader->exclusive) return result::kSharingViolation;
  std::uint32_t failure = waitForOthers(state, call, *reader, 0);
  if (failure == result::kSuccess)
    failure = prepareCard(state, call, *reader, shareMode, protocols);
  if (failure == result::kSuccess) failure = call.recheckInterrupted();
  if (failure == result::kSuccess && !reader->attached) failure = state.profile().unpluggedResult;
  if (failure != result::kSuccess) return failure;
  auto connection = std::make_shared<Connection>();
  connection->handle = static_cast<CardHandle>(state.makeHandle());
  connection->context = call.sharedContext();
  connection->reader = reader;
  connection->shareMode = shareMode;
  failure = takeShare(state, *reader, *connection);
  if (failure != result::kSuccess) return failure;
  call.context().cards.insert(connection->handle);
  state.connections[connection->handle] = connection;
  *card = connection->handle;
  state.announce();
  return result::kSuccess;
}

}  // namespace

Long connect(State& state, ContextHandle handle, const Char* reader, Dword shareMode,
             Dword protocols, CardHandle* card, Dword* activeProtocol) {
  if (reader == nullptr || card == nullptr || activeProtocol == nullptr)
    return toLong(result::kInvalidParameter);
  *card = 0;
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  *activeProtocol = protocol::kUndefined;
  const std::uint32_t wrong = checkConnectArguments(shareMode, protocols);
  if (wrong != result::kSuccess) return toLong(wrong);
  const std::shared_ptr<Reader> found = state.findReader(fromChars(reader));
  if (!found) return toLong(result::kUnknownReader);
  const std::uint32_t failure = connectTo(state, call, found, shareMode, protocols, card);
  if (failure == result::kSuccess) *activeProtocol = found->activeProtocol;
  return toLong(failure);
}

namespace {

/// pcsclite's client asks again and again for exclusive use.
std::uint32_t waitToBeAlone(const State& state, CardCall& call) {
  const std::shared_ptr<Reader> reader = call.sharedReader();
  call.contextCall().yieldTurn();
  reader->idle.wait(call.lock(), [&] {
    return reader->connections <= 1 || !reader->attached || !call.connection().open ||
           state.closing;
  });
  call.contextCall().retakeTurn();
  const std::uint32_t failure = call.checkOpen();
  return failure != result::kSuccess ? failure : call.checkReader();
}

/// Changes between sharing and exclusive use.
std::uint32_t changeShare(const State& state, CardCall& call, Dword shareMode) {
  Connection& connection = call.connection();
  Reader& reader = *connection.reader;
  const bool alone = shareMode == share::kExclusive || isDirectExclusive(state, shareMode);
  if (alone && !reader.exclusive) {
    while (reader.connections > 1) {
      if (!state.profile().reconnectWaitsForExclusive) return result::kSharingViolation;
      const std::uint32_t failure = waitToBeAlone(state, call);
      if (failure != result::kSuccess) return failure;
    }
  }
  reader.exclusive = alone;
  connection.shareMode = shareMode;
  return result::kSuccess;
}

std::uint32_t initialize(State& state, CardCall& call, Dword initialization, Dword shareMode) {
  Reader& reader = call.reader();
  if (initialization == disposition::kLeave) {
    if (!reader.card) return result::kNoSmartcard;
    if (reader.mute) return result::kUnresponsiveCard;
    const bool powers = shareMode != share::kDirect && state.profile().reconnectPowersUp;
    return powers ? powerUp(state, call.lock(), reader) : result::kSuccess;
  }
  return cyclePower(
      state, call.lock(), reader,
      initialization == disposition::kReset ? PowerCycle::kReset : PowerCycle::kUnpowerAndOn);
}

}  // namespace

Long reconnect(State& state, CardHandle handle, Dword shareMode, Dword protocols,
               Dword initialization, Dword* activeProtocol) {
  if (activeProtocol == nullptr) return toLong(result::kInvalidParameter);
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  if (initialization > disposition::kUnpower) return toLong(result::kInvalidValue);
  std::uint32_t failure = checkConnectArguments(shareMode, protocols);
  if (failure == result::kSuccess) failure = call.checkReader();
  if (failure == result::kSuccess) failure = call.checkSharing(CardCall::Sharing::kWait);
  if (failure == result::kSuccess) failure = call.checkReader();
  if (failure == result::kSuccess) failure = initialize(state, call, initialization, shareMode);
  if (failure == result::kSuccess) failure = call.checkOpen();
  if (failure == result::kSuccess) failure = negotiate(state, call.reader(), shareMode, protocols);
  if (failure == result::kSuccess) {
    if (!state.profile().transactionSurvivesReconnect) state.unlockAll(call.reader(), handle);
    failure = changeShare(state, call, shareMode);
  }
  if (failure != result::kSuccess) return toLong(failure);
  call.connection().notice = result::kSuccess;
  *activeProtocol = call.reader().activeProtocol;
  state.announce();
  return toLong(result::kSuccess);
}

Long disconnect(State& state, CardHandle handle, Dword disposition) {
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  if (disposition > disposition::kEject) return toLong(result::kInvalidValue);
  const std::shared_ptr<Reader> reader = call.sharedReader();
  if (reader->attached && disposition != disposition::kLeave) {
    // A card in someone's transaction is not reset under them.
    const std::uint32_t failure = waitForOthers(state, call.contextCall(), *reader, handle);
    if (failure != result::kSuccess && reader->attached) return toLong(failure);
    state.unlockAll(*reader, handle);
    if (reader->attached)
      applyDisposition(state, call.lock(), *reader, disposition, /*powerBackOn=*/false);
  }
  dropConnection(state, call.connection());
  return toLong(result::kSuccess);
}

}  // namespace scard::virtualrm
