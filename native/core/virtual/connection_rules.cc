#include "core/virtual/connection_rules.h"

#include "core/virtual/atr.h"

namespace scard::virtualrm {

namespace {

constexpr Dword kRawBits = protocol::kRawPcsclite | protocol::kRawWindows;

/// Runs `action` on the card with the line taken and the lock released; keeps the ATR it gives.
template <typename Action>
bool withCard(State& state, Lock& lock, Reader& reader, Action&& action) {
  if (state.acquireLine(lock, reader) != result::kSuccess) return false;
  const std::shared_ptr<CardDevice> card = reader.card;
  if (card) {
    lock.unlock();
    Bytes atr = action(*card);
    lock.lock();
    if (reader.card == card) reader.atr = std::move(atr);
  }
  return state.finishWithCard(lock, reader, card);
}

void setPoweredUp(State& state, Reader& reader) {
  reader.mute = reader.atr.empty();
  reader.powered = !reader.mute;
  reader.activeProtocol = protocol::kUndefined;
  state.announce();
}

}  // namespace

std::uint32_t powerUp(State& state, Lock& lock, Reader& reader) {
  if (!reader.powered && reader.card) {
    if (withCard(state, lock, reader, [](CardDevice& card) { return card.powerOn(); }))
      setPoweredUp(state, reader);
  }
  if (!reader.card) return result::kNoSmartcard;
  if (reader.powered) return result::kSuccess;
  return state.profile().statusIsMask ? result::kUnpoweredCard : result::kUnresponsiveCard;
}

std::uint32_t cyclePower(State& state, Lock& lock, Reader& reader, PowerCycle cycle) {
  state.notifyConnections(
      reader, cycle == PowerCycle::kReset ? result::kResetCard : state.profile().unpoweredResult);
  const bool same = withCard(state, lock, reader, [cycle, known = reader.atr](CardDevice& card) {
    if (cycle == PowerCycle::kReset) return card.reset();
    card.powerOff();
    return cycle == PowerCycle::kUnpower ? known : card.powerOn();
  });
  if (!same) return result::kNoSmartcard;
  if (cycle == PowerCycle::kUnpower) {
    reader.powered = false;
    reader.activeProtocol = protocol::kUndefined;
    state.announce();
    return result::kSuccess;
  }
  setPoweredUp(state, reader);
  return reader.mute ? result::kUnresponsiveCard : result::kSuccess;
}

std::uint32_t negotiate(State& state, Reader& reader, Dword shareMode, Dword wanted) {
  if ((wanted & kRawBits) != 0) {
    reader.activeProtocol = state.profile().rawProtocol;
    return result::kSuccess;
  }
  if (shareMode == share::kDirect) return result::kSuccess;
  if ((wanted & protocol::kAnyOld) != 0) wanted |= protocol::kT0 | protocol::kT1;
  if (reader.activeProtocol != protocol::kUndefined)
    return (wanted & reader.activeProtocol) != 0 ? result::kSuccess : result::kProtoMismatch;

  const AtrProtocols card = protocolsOf(reader.atr);
  const Dword possible = card.offered & wanted & (protocol::kT0 | protocol::kT1);
  if (possible == 0) return result::kProtoMismatch;
  const bool both = possible == (protocol::kT0 | protocol::kT1);
  if (!both) {
    reader.activeProtocol = possible;
  } else {
    reader.activeProtocol = state.profile().prefersT1 ? protocol::kT1 : card.preferred;
  }
  return result::kSuccess;
}

std::uint32_t checkConnectArguments(Dword shareMode, Dword wanted) {
  if (shareMode != share::kDirect &&
      (wanted & (protocol::kT0 | protocol::kT1 | kRawBits | protocol::kAnyOld)) == 0)
    return result::kProtoMismatch;
  if (shareMode < share::kExclusive || shareMode > share::kDirect) return result::kInvalidValue;
  return result::kSuccess;
}

namespace {

std::uint32_t eject(State& state, Lock& lock, Reader& reader) {
  const std::uint32_t refused = state.acquireLine(lock, reader);
  if (refused != result::kSuccess) return refused;
  if (const std::shared_ptr<CardDevice> card = reader.card) state.surrenderCard(lock, reader, card);
  state.releaseLine(reader);
  return result::kSuccess;
}

}  // namespace

std::uint32_t applyDisposition(State& state, Lock& lock, Reader& reader, Dword disposition,
                               bool powerBackOn) {
  switch (disposition) {
    case disposition::kReset:
      return cyclePower(state, lock, reader, PowerCycle::kReset);
    case disposition::kUnpower:
      return cyclePower(state, lock, reader,
                        powerBackOn ? PowerCycle::kUnpowerAndOn : PowerCycle::kUnpower);
    case disposition::kEject:
      return reader.options.ejectsCards ? eject(state, lock, reader)
                                        : state.profile().unsupportedFeature;
    default:
      return result::kSuccess;
  }
}

namespace {

bool isIdle(const State& state, const Reader& reader) {
  const auto limit = std::chrono::milliseconds(state.profile().idleTransactionMs);
  return limit.count() > 0 && reader.lockOwner != 0 && !reader.busy &&
         Clock::now() >= reader.lockUsed + limit;
}

}  // namespace

void expireIdleTransaction(State& state, Lock& lock, Reader& reader) {
  if (!isIdle(state, reader)) return;
  state.unlockAll(reader, reader.lockOwner);
  if (reader.card) cyclePower(state, lock, reader, PowerCycle::kReset);
}

namespace {

/// The lock is another process's, which the calling thread plays.
bool isOwnToGiveBack(const State& state, const Reader& reader) {
  const auto owner = state.findConnection(reader.lockOwner);
  return owner && !owner->context && owner->player == std::this_thread::get_id();
}

}  // namespace

std::uint32_t waitForLock(State& state, Lock& lock, Reader& reader, abi::CardHandle self,
                          const std::function<bool()>& givesUp) {
  const std::uint64_t before = state.stops;
  const auto limit = std::chrono::milliseconds(state.profile().idleTransactionMs);
  for (;;) {
    expireIdleTransaction(state, lock, reader);
    if (reader.lockOwner == 0 || reader.lockOwner == self || !reader.attached)
      return result::kSuccess;
    if (state.stops != before || state.closing || givesUp()) return result::kSuccess;
    if (limit.count() == 0 && isOwnToGiveBack(state, reader)) return result::kSharingViolation;
    // While the holder's exchange runs, its transaction is not idle however long that takes.
    if (limit.count() == 0 || reader.busy) {
      reader.idle.wait(lock);
    } else {
      reader.idle.wait_until(lock, reader.lockUsed + limit);
    }
  }
}

void dropConnection(State& state, Connection& connection) {
  if (!connection.open) return;
  Reader& reader = *connection.reader;
  state.unlockAll(reader, connection.handle);
  connection.open = false;
  state.connections.erase(connection.handle);
  if (connection.context) connection.context->cards.erase(connection.handle);
  if (reader.connections > 0) --reader.connections;
  if (reader.connections == 0) reader.exclusive = false;
  reader.idle.notify_all();
  state.announce();
}

}  // namespace scard::virtualrm
