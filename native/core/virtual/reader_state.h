// The state of one reader as GetStatusChange reports it, and whether that is news to the caller.
#pragma once

#include <string>

#include "core/virtual/state.h"

namespace scard::virtualrm {

struct ReaderEvent {
  Dword state = state::kUnaware;
  Bytes atr;
  bool changed = false;
};

/// Facts about `reader` (null: no such reader) against the caller's belief `current`.
ReaderEvent observe(const Profile& profile, const Reader* reader, Dword current);

/// The plug and play entry. `countAtStart` is the number of readers when the call began.
ReaderEvent observeReaders(const State& state, Dword current, std::size_t countAtStart);

/// Whether `name` is the plug and play entry, in any case.
bool isPnpNotification(const std::string& name);

/// Writes an event into the caller's structure.
void store(const ReaderEvent& event, abi::ReaderState& entry);

}  // namespace scard::virtualrm
