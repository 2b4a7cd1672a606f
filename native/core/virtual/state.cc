#include "core/virtual/state.h"

#include <algorithm>

namespace scard::virtualrm {

std::shared_ptr<ContextRecord> State::findContext(abi::ContextHandle handle) const {
  const auto found = contexts.find(handle);
  return found == contexts.end() ? nullptr : found->second;
}

std::shared_ptr<Connection> State::findConnection(abi::CardHandle handle) const {
  const auto found = connections.find(handle);
  return found == connections.end() ? nullptr : found->second;
}

std::shared_ptr<Reader> State::findReader(const std::string& name) const {
  std::string device = name;
  if (profile().hasDatabase) {
    const auto alias = database.aliases.find(name);
    if (alias != database.aliases.end()) {
      device = alias->second;
    } else if (database.hidden.contains(name)) {
      return nullptr;
    }
  }
  const auto found = std::ranges::find_if(
      readers, [&](const auto& reader) { return reader->options.name == device; });
  return found == readers.end() ? nullptr : *found;
}

void State::announce() { changed.notify_all(); }

void State::notifyConnections(const Reader& reader, std::uint32_t notice) {
  for (const auto& [handle, connection] : connections) {
    if (connection->reader.get() != &reader) continue;
    // Where a card that came back does not count as reset, a connection that lost its card hears
    // nothing of what befalls the next one.
    const bool lost = connection->notice == result::kRemovedCard;
    if (!lost || profile().reinsertedResult != result::kRemovedCard) connection->notice = notice;
  }
}

std::uint32_t State::acquireLine(Lock& lock, Reader& reader) const {
  const std::uint64_t before = stops;
  const std::thread::id self = std::this_thread::get_id();
  const auto waitsForItself = [&] {
    return reader.exchange && reader.answering == self &&
           reader.exchange->outcome() == Exchange::Outcome::kPending;
  };
  reader.idle.wait(lock,
                   [&] { return !reader.busy || waitsForItself() || stops != before || closing; });
  if (stops != before || closing) return profile().interruptedServiceResult;
  if (reader.busy) return result::kSharingViolation;
  reader.busy = true;
  return result::kSuccess;
}

std::shared_ptr<Exchange> State::beginExchange(Reader& reader, std::thread::id answering) {
  reader.exchange = std::make_shared<Exchange>();
  reader.answering = answering;
  return reader.exchange;
}

void State::releaseLine(Reader& reader) {
  reader.busy = false;
  ++reader.tenures;
  reader.exchange.reset();
  reader.idle.notify_all();
}

void State::unlockAll(Reader& reader, abi::CardHandle handle) {
  if (reader.lockOwner != handle) return;
  reader.lockOwner = 0;
  reader.lockCount = 0;
  reader.idle.notify_all();
}

}  // namespace scard::virtualrm
