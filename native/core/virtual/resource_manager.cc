#include "core/virtual/resource_manager.h"

#include <algorithm>

#include "core/virtual/calls.h"
#include "core/virtual/reader_names.h"
#include "core/virtual/reader_state.h"
#include "core/virtual/state.h"
#include "core/virtual/table.h"

namespace scard::virtualrm {

ResourceManager::ResourceManager(ManagerOptions options)
    : state_(std::make_unique<State>(options)) {}

ResourceManager::~ResourceManager() {
  Lock lock(state_->mutex);
  state_->closing = true;
  // Unplugged first: calls that wait on a reader look for that.
  const std::vector<std::shared_ptr<Reader>> readers = state_->readers;
  for (const auto& reader : readers) state_->detach(lock, reader);
  state_->stopService();
  state_->changed.wait(lock, [this] { return state_->callsInFlight == 0; });
}

const Profile& ResourceManager::profile() const { return state_->profile(); }

void ResourceManager::fill(Api& api) { fillTable(api, *state_); }

bool ResourceManager::addReader(ReaderOptions options) {
  const Call call(*state_);
  if (options.name.empty() || isPnpNotification(options.name)) return false;
  const bool taken = std::ranges::any_of(
      state_->readers, [&](const auto& reader) { return reader->options.name == options.name; });
  if (taken || state_->database.aliases.contains(options.name)) return false;
  state_->database.join(kDefaultReaders, options.name);
  state_->readers.push_back(std::make_shared<Reader>(std::move(options)));
  state_->announce();
  return true;
}

namespace {

std::shared_ptr<Reader> readerNamed(const State& state, const std::string& name) {
  const auto found = std::ranges::find_if(
      state.readers, [&](const auto& reader) { return reader->options.name == name; });
  return found == state.readers.end() ? nullptr : *found;
}

}  // namespace

bool ResourceManager::removeReader(const std::string& reader) {
  Call call(*state_);
  const auto found = readerNamed(*state_, reader);
  if (found) state_->pullReader(call.lock(), found);
  return found != nullptr;
}

std::vector<std::string> ResourceManager::readers() const {
  const Call call(*state_);
  std::vector<std::string> names;
  for (const auto& reader : state_->readers) names.push_back(reader->options.name);
  return names;
}

ReaderSnapshot ResourceManager::snapshot(const std::string& reader) const {
  const Call call(*state_);
  const auto found = readerNamed(*state_, reader);
  if (!found) return {};
  return {.attached = true,
          .cardPresent = found->card != nullptr,
          .powered = found->powered,
          .mute = found->mute,
          .exclusive = found->exclusive,
          .locked = found->lockOwner != 0,
          .busy = found->busy,
          .connections = found->connections,
          .eventCount = found->eventCounter,
          .transmitCount = found->transmitCount,
          .activeProtocol = found->activeProtocol,
          .atr = found->atr};
}

bool ResourceManager::insertCard(const std::string& reader, std::shared_ptr<CardDevice> card) {
  Call call(*state_);
  const auto found = readerNamed(*state_, reader);
  return found && card && state_->insertCard(call.lock(), *found, std::move(card));
}

std::shared_ptr<CardDevice> ResourceManager::removeCard(const std::string& reader) {
  Call call(*state_);
  const auto found = readerNamed(*state_, reader);
  return found ? state_->pullCard(call.lock(), found) : nullptr;
}

void ResourceManager::stopService() {
  const Call call(*state_);
  if (state_->running) state_->stopService();
}

void ResourceManager::startService() {
  Call call(*state_);
  state_->startService(call.lock());
}

bool ResourceManager::addFault(const std::string& reader, Fault fault) {
  const Call call(*state_);
  const auto found = readerNamed(*state_, reader);
  if (!found || fault.exchange == 0) return false;
  found->faults.add(fault);
  return true;
}

bool ResourceManager::clearFaults(const std::string& reader) {
  const Call call(*state_);
  const auto found = readerNamed(*state_, reader);
  if (found) found->faults.clear();
  return found != nullptr;
}

bool ResourceManager::queuePinEntry(const std::string& reader, PinEntry entry) {
  const Call call(*state_);
  const auto found = readerNamed(*state_, reader);
  if (found) found->pinEntries.push_back(std::move(entry));
  return found != nullptr;
}

bool ResourceManager::setAttribute(const std::string& reader, Dword attribute, Bytes value) {
  const Call call(*state_);
  const auto found = readerNamed(*state_, reader);
  if (found) found->attributes[attribute] = std::move(value);
  return found != nullptr;
}

void ResourceManager::onAudit(AuditListener listener) {
  const Call call(*state_);
  state_->auditListener = std::move(listener);
}

ManagerStatistics ResourceManager::statistics() const {
  const Call call(*state_);
  ManagerStatistics statistics;
  statistics.readers = state_->readers.size();
  statistics.contexts = state_->contexts.size();
  statistics.connections = state_->connections.size();
  // This very call does not count.
  statistics.calls = state_->callsInFlight - 1;
  for (const auto& [handle, context] : state_->contexts) statistics.waits += context->waits;
  return statistics;
}

}  // namespace scard::virtualrm
