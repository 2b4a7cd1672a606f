#include "core/virtual/line.h"

namespace scard::virtualrm {

namespace {

Clock::duration lineTime(const Timing& timing, std::size_t bytes) {
  Clock::duration time = timing.latency;
  if (timing.bytesPerSecond > 0)
    time += std::chrono::microseconds(bytes * 1000000U / timing.bytesPerSecond);
  return time;
}

bool strikes(const std::optional<Fault>& fault, Fault::Kind kind) {
  return fault && fault->kind == kind;
}

/// Lets the card work, without the lock. Gives its answer after the time the line needs.
Bytes runExchange(CardDevice& card, Exchange& exchange, std::shared_ptr<Exchange> shared,
                  Bytes command, Dword protocol, const Timing& timing,
                  const std::optional<Fault>& fault) {
  const Clock::time_point begun = Clock::now();
  const std::size_t sent = command.size();
  if (strikes(fault, Fault::Kind::kMute)) {
    exchange.mute();
  } else {
    card.transmit(std::move(command), protocol, std::move(shared));
  }
  exchange.wait();
  Bytes response = exchange.takeResponse();
  if (fault) response = spoil(*fault, std::move(response));
  Clock::duration time = lineTime(timing, sent + response.size());
  if (strikes(fault, Fault::Kind::kDelay)) time += fault->delay;
  if (time > Clock::duration::zero()) exchange.waitUntil(begun + time);
  return response;
}

/// Brings about what a fault does to the card, the reader or the service. False when the reader
/// has nothing to do with the card any more.
bool applyFault(State& state, Lock& lock, const std::shared_ptr<Reader>& reader,
                const std::shared_ptr<CardDevice>& card, const std::optional<Fault>& fault) {
  if (strikes(fault, Fault::Kind::kStopService)) state.stopService();
  const bool unplugs = strikes(fault, Fault::Kind::kUnplug);
  if (!unplugs && !strikes(fault, Fault::Kind::kRemoveDuring)) return true;
  if (unplugs) {
    lock.unlock();
    card->powerOff();
    lock.lock();
    state.detach(lock, reader);
  } else {
    state.surrenderCard(lock, *reader, card);
  }
  return false;
}

std::uint32_t failureOf(const State& state, Exchange::Outcome outcome) {
  switch (outcome) {
    case Exchange::Outcome::kAnswered:
      return result::kSuccess;
    case Exchange::Outcome::kRemoved:
      return state.profile().removedInTransmitResult;
    case Exchange::Outcome::kUnplugged:
      return state.profile().unpluggedResult;
    default:
      return result::kNotTransacted;
  }
}

}  // namespace

Answer exchangeWithCard(State& state, CardCall& call, Bytes command, Dword protocol) {
  const std::shared_ptr<Reader> reader = call.sharedReader();
  Lock& lock = call.lock();
  if (const std::uint32_t refused = state.acquireLine(lock, *reader); refused != result::kSuccess)
    return {refused, {}};
  const std::optional<Fault> fault = reader->faults.next();
  const std::shared_ptr<CardDevice> card = reader->card;
  const bool gone = !card || strikes(fault, Fault::Kind::kRemoveBefore);
  if (gone) {
    if (card) state.surrenderCard(lock, *reader, card);
    state.releaseLine(*reader);
    return {reader->attached ? result::kRemovedCard : state.profile().unpluggedResult, {}};
  }
  const std::shared_ptr<Exchange> exchange = State::beginExchange(*reader, card->answeringThread());
  const Timing timing = reader->options.timing;
  lock.unlock();
  Bytes response =
      runExchange(*card, *exchange, exchange, std::move(command), protocol, timing, fault);
  lock.lock();
  ++reader->transmitCount;
  reader->lockUsed = Clock::now();
  const bool held = applyFault(state, lock, reader, card, fault);
  const Exchange::Outcome outcome = exchange->wait();
  state.finishWithCard(lock, *reader, held ? card : nullptr);
  const std::uint32_t lost = call.checkOpen();
  if (lost != result::kSuccess) return {lost, {}};
  if (outcome != Exchange::Outcome::kAnswered && !strikes(fault, Fault::Kind::kRemoveDuring))
    response.clear();
  return {failureOf(state, outcome), std::move(response)};
}

}  // namespace scard::virtualrm
