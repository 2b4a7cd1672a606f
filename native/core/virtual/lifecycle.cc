// Cards, readers and the service come and go.
#include <algorithm>

#include "core/virtual/state.h"

namespace scard::virtualrm {

bool State::finishWithCard(Lock& lock, Reader& reader, const std::shared_ptr<CardDevice>& card) {
  const bool same = card != nullptr && reader.card == card;
  if (card && !same) {
    lock.unlock();
    card->powerOff();
    lock.lock();
  }
  releaseLine(reader);
  return same;
}

namespace {

void forgetCard(Reader& reader) {
  reader.powered = false;
  reader.mute = false;
  reader.atr.clear();
  reader.activeProtocol = protocol::kUndefined;
}

}  // namespace

std::shared_ptr<CardDevice> State::removeCard(Lock& lock, Reader& reader) {
  std::shared_ptr<CardDevice> card = std::exchange(reader.card, nullptr);
  if (!card) return nullptr;
  forgetCard(reader);
  // A transaction ends with its card, also when nobody ends it: the next card is free.
  if (reader.lockOwner != 0) {
    reader.lockOwner = 0;
    reader.lockCount = 0;
    reader.idle.notify_all();
  }
  ++reader.eventCounter;
  notifyConnections(reader, result::kRemovedCard);
  announce();
  if (reader.exchange) reader.exchange->abort(Exchange::Outcome::kRemoved);
  if (!reader.busy) {
    reader.busy = true;
    finishWithCard(lock, reader, card);
  }
  return card;
}

void State::surrenderCard(Lock& lock, Reader& reader, const std::shared_ptr<CardDevice>& card) {
  lock.unlock();
  card->powerOff();
  lock.lock();
  if (reader.card == card) removeCard(lock, reader);
}

namespace {

/// Calls `pull`, and waits until the line is given back by whoever had it before: nobody else may
/// be waited for, and what he works on has been aborted.
template <typename Pull>
auto pullFrom(const State& state, Lock& lock, Reader& reader, Pull&& pull) {
  const bool busy = reader.busy;
  const std::uint64_t before = reader.tenures;
  auto pulled = pull();
  if (busy) reader.idle.wait(lock, [&] { return reader.tenures != before || state.closing; });
  return pulled;
}

}  // namespace

std::shared_ptr<CardDevice> State::pullCard(Lock& lock, const std::shared_ptr<Reader>& reader) {
  return pullFrom(*this, lock, *reader, [&] { return removeCard(lock, *reader); });
}

void State::pullReader(Lock& lock, const std::shared_ptr<Reader>& reader) {
  pullFrom(*this, lock, *reader, [&] {
    detach(lock, reader);
    return true;
  });
}

bool State::insertCard(Lock& lock, Reader& reader, std::shared_ptr<CardDevice> card) {
  // Without the line: what runs on an empty reader has nothing to do with this card.
  if (!reader.attached || reader.card || reader.inserting) return false;
  Bytes atr;
  if (running) {
    reader.inserting = true;
    lock.unlock();
    atr = card->powerOn();
    lock.lock();
    reader.inserting = false;
    if (!reader.attached) {
      lock.unlock();
      card->powerOff();
      lock.lock();
      return false;
    }
  }
  reader.card = std::move(card);
  reader.atr = std::move(atr);
  reader.mute = reader.atr.empty();
  reader.powered = !reader.mute;
  ++reader.eventCounter;
  notifyConnections(reader, profile().reinsertedResult);
  announce();
  return true;
}

void State::detach(Lock& lock, const std::shared_ptr<Reader>& reader) {
  reader->attached = false;
  std::erase(readers, reader);
  if (reader->exchange) reader->exchange->abort(Exchange::Outcome::kUnplugged);
  const std::shared_ptr<CardDevice> card = std::exchange(reader->card, nullptr);
  forgetCard(*reader);
  reader->lockOwner = 0;
  reader->lockCount = 0;
  reader->idle.notify_all();
  announce();
  if (card && !reader->busy) {
    reader->busy = true;
    finishWithCard(lock, *reader, card);
  }
}

void State::stopService() {
  running = false;
  started.reset();
  ++stops;
  for (const auto& [handle, context] : contexts) context->lost = true;
  for (auto each = connections.begin(); each != connections.end();) {
    each->second->open = false;
    // Those of contexts stay known until their context is released.
    each = each->second->context ? std::next(each) : connections.erase(each);
  }
  for (const auto& reader : readers) {
    if (reader->exchange) reader->exchange->abort(Exchange::Outcome::kUnplugged);
    reader->connections = 0;
    reader->exclusive = false;
    reader->lockOwner = 0;
    reader->lockCount = 0;
    reader->activeProtocol = protocol::kUndefined;
    reader->idle.notify_all();
  }
  announce();
}

void State::startService(Lock& lock) {
  if (running) return;
  running = true;
  for (const auto& reader : std::vector(readers)) {
    if (!reader->card || acquireLine(lock, *reader) != result::kSuccess) continue;
    const std::shared_ptr<CardDevice> card = reader->card;
    Bytes atr;
    if (card) {
      lock.unlock();
      atr = card->powerOn();
      lock.lock();
    }
    if (finishWithCard(lock, *reader, card)) {
      reader->atr = std::move(atr);
      reader->mute = reader->atr.empty();
      reader->powered = !reader->mute;
      // A new daemon starts counting again.
      reader->eventCounter = 0;
    }
  }
  started.set();
  announce();
}

}  // namespace scard::virtualrm
