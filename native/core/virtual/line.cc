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

/// Brings about what a fault does to the card, the reader or the service.
void applyFault(State& state, Lock& lock, const std::shared_ptr<Reader>& reader,
                const std::optional<Fault>& fault) {
  if (strikes(fault, Fault::Kind::kRemoveDuring)) state.removeCard(lock, *reader);
  if (strikes(fault, Fault::Kind::kUnplug)) state.detach(lock, reader);
  if (strikes(fault, Fault::Kind::kStopService)) state.stopService();
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
  if (!state.acquireLine(lock, *reader)) return {state.profile().interruptedServiceResult, {}};
  const std::optional<Fault> fault = reader->faults.next();
  if (strikes(fault, Fault::Kind::kRemoveBefore)) state.removeCard(lock, *reader);
  const std::shared_ptr<CardDevice> card = reader->card;
  if (!card) {
    state.finishWithCard(lock, *reader, card);
    return {reader->attached ? result::kRemovedCard : state.profile().unpluggedResult, {}};
  }
  auto exchange = std::make_shared<Exchange>();
  reader->exchange = exchange;
  const Timing timing = reader->options.timing;
  lock.unlock();
  Bytes response =
      runExchange(*card, *exchange, exchange, std::move(command), protocol, timing, fault);
  lock.lock();
  ++reader->transmitCount;
  reader->lockUsed = Clock::now();
  applyFault(state, lock, reader, fault);
  const Exchange::Outcome outcome = exchange->wait();
  state.finishWithCard(lock, *reader, card);
  const std::uint32_t lost = call.checkOpen();
  if (lost != result::kSuccess) return {lost, {}};
  if (outcome != Exchange::Outcome::kAnswered && !strikes(fault, Fault::Kind::kRemoveDuring))
    response.clear();
  return {failureOf(state, outcome), std::move(response)};
}

}  // namespace scard::virtualrm
