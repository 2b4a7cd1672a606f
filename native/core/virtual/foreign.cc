// Another process, played by a test: connections and locks that belong to no context here.
#include "core/virtual/calls.h"
#include "core/virtual/connection_rules.h"
#include "core/virtual/resource_manager.h"

namespace scard::virtualrm {

namespace {

std::shared_ptr<Connection> foreignConnection(const State& state,
                                              ResourceManager::ForeignId foreign) {
  const auto connection = state.findConnection(static_cast<abi::CardHandle>(foreign));
  return connection && !connection->context ? connection : nullptr;
}

/// Why a card cannot be reset or powered down right now: a transaction is somebody else's, or an
/// exchange runs, whose answer may be the caller's to give.
ForeignOutcome powerRefusal(const Reader& reader, abi::CardHandle self, Dword disposition) {
  if (disposition == disposition::kLeave) return ForeignOutcome::kDone;
  if (reader.busy) return ForeignOutcome::kBusy;
  const bool theirs = reader.lockOwner != 0 && reader.lockOwner != self;
  return theirs ? ForeignOutcome::kLocked : ForeignOutcome::kDone;
}

}  // namespace

ResourceManager::ForeignId ResourceManager::connectForeign(const std::string& reader,
                                                           bool exclusive) {
  Call call(*state_);
  const std::shared_ptr<Reader> found = state_->findReader(reader);
  if (!state_->running || !found || found->exclusive || found->lockOwner != 0) return 0;
  if (exclusive && found->connections > 0) return 0;
  auto connection = std::make_shared<Connection>();
  connection->handle = static_cast<abi::CardHandle>(state_->makeHandle());
  connection->reader = found;
  connection->player = std::this_thread::get_id();
  connection->shareMode = exclusive ? share::kExclusive : share::kShared;
  found->exclusive = exclusive;
  ++found->connections;
  state_->connections[connection->handle] = connection;
  state_->announce();
  return static_cast<ForeignId>(connection->handle);
}

ForeignOutcome ResourceManager::lockForeign(ForeignId foreign) {
  const Call call(*state_);
  const auto connection = foreignConnection(*state_, foreign);
  if (!connection || !connection->reader->attached) return ForeignOutcome::kGone;
  Reader& reader = *connection->reader;
  if (reader.lockOwner != 0 && reader.lockOwner != connection->handle)
    return ForeignOutcome::kLocked;
  reader.lockOwner = connection->handle;
  ++reader.lockCount;
  reader.lockUsed = Clock::now();
  return ForeignOutcome::kDone;
}

ForeignOutcome ResourceManager::unlockForeign(ForeignId foreign, Dword disposition) {
  Call call(*state_);
  const auto connection = foreignConnection(*state_, foreign);
  if (!connection || !connection->reader->attached) return ForeignOutcome::kGone;
  const std::shared_ptr<Reader> reader = connection->reader;
  if (reader->lockOwner != connection->handle) return ForeignOutcome::kNotLocked;
  const ForeignOutcome refusal = powerRefusal(*reader, connection->handle, disposition);
  if (refusal != ForeignOutcome::kDone) return refusal;
  applyDisposition(*state_, call.lock(), *reader, disposition, /*powerBackOn=*/true);
  state_->unlockAll(*reader, connection->handle);
  return ForeignOutcome::kDone;
}

ForeignOutcome ResourceManager::disconnectForeign(ForeignId foreign, Dword disposition) {
  Call call(*state_);
  const auto connection = foreignConnection(*state_, foreign);
  if (!connection) return ForeignOutcome::kGone;
  const std::shared_ptr<Reader> reader = connection->reader;
  if (reader->attached) {
    const ForeignOutcome refusal = powerRefusal(*reader, connection->handle, disposition);
    if (refusal != ForeignOutcome::kDone) return refusal;
    applyDisposition(*state_, call.lock(), *reader, disposition, /*powerBackOn=*/false);
  }
  dropConnection(*state_, *connection);
  return ForeignOutcome::kDone;
}

}  // namespace scard::virtualrm
