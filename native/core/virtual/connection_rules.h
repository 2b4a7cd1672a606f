// Steps that connect, reconnect, disconnect and the end of a transaction share.
#pragma once

#include <functional>

#include "core/virtual/state.h"

namespace scard::virtualrm {

/// What a power cycle does to the card.
enum class PowerCycle { kReset, kUnpower, kUnpowerAndOn };

/// Powers the reader's card up if it is not. kSuccess, or why it stays off.
std::uint32_t powerUp(State& state, Lock& lock, Reader& reader);

/// Resets or powers down the card and tells every connection. The protocol is unset after it.
std::uint32_t cyclePower(State& state, Lock& lock, Reader& reader, PowerCycle cycle);

/// Settles the protocol of a connection: keeps one chosen before, else picks from the ATR.
std::uint32_t negotiate(State& state, Reader& reader, Dword shareMode, Dword wanted);

/// Whether a share mode and protocols make sense together, before a reader is looked at.
std::uint32_t checkConnectArguments(Dword shareMode, Dword wanted);

/// Does what `disposition` says when a connection or transaction ends.
std::uint32_t applyDisposition(State& state, Lock& lock, Reader& reader, Dword disposition,
                               bool powerBackOn);

/// Ends a transaction that nobody used for too long, and resets its card (Windows).
void expireIdleTransaction(State& state, Lock& lock, Reader& reader);

/// Waits until no connection but `self` holds the reader's lock, the reader goes, the service
/// stops or `givesUp` says so; the caller has to look which. Refuses at once where only the calling
/// thread could end the wait.
std::uint32_t waitForLock(State& state, Lock& lock, Reader& reader, abi::CardHandle self,
                          const std::function<bool()>& givesUp);

/// Removes a connection: its lock, its place among the sharers, its handle.
void dropConnection(State& state, Connection& connection);

}  // namespace scard::virtualrm
