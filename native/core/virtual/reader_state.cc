#include "core/virtual/reader_state.h"

#include <algorithm>
#include <cstring>

namespace scard::virtualrm {

namespace {

constexpr Dword kCountMask = 0xFFFF0000;

Dword counted(std::uint32_t count) { return static_cast<Dword>(count & 0xFFFFU) << 16U; }

/// Facts without CHANGED and without the counter.
Dword facts(const Profile& profile, const Reader& reader) {
  if (!reader.card) {
    // pcsclite reports the exclusive use of an empty reader; winscard only that of a card.
    const bool exclusive = profile.statusIsMask && reader.exclusive;
    return state::kEmpty | (exclusive ? state::kExclusive : 0);
  }
  Dword bits = state::kPresent;
  if (reader.mute) bits |= state::kMute;
  if (reader.exclusive) {
    bits |= state::kExclusive;
  } else if (reader.connections > 0) {
    bits |= state::kInUse;
  }
  if (profile.reportsUnpowered && !reader.powered && !reader.mute) bits |= state::kUnpowered;
  return bits;
}

/// pcsclite looks only at what the caller claimed: a belief that was not stated is never wrong.
bool contradictsPcsclite(Dword current, Dword now) {
  if ((current & (state::kUnknown | state::kUnavailable)) != 0) return true;
  if ((now & state::kEmpty) != 0 && (current & state::kPresent) != 0) return true;
  if ((now & state::kPresent) != 0) {
    if ((current & state::kEmpty) != 0) return true;
    if ((current & state::kMute) != (now & state::kMute)) return true;
  }
  if ((now & state::kExclusive) != 0) return (current & state::kInUse) != 0;
  if ((now & state::kInUse) != 0) return (current & state::kExclusive) != 0;
  return (current & (state::kInUse | state::kExclusive)) != 0;
}

bool contradictsWindows(Dword current, Dword now) {
  constexpr Dword kCompared = state::kUnknown | state::kUnavailable | state::kEmpty |
                              state::kPresent | state::kExclusive | state::kInUse | state::kMute |
                              state::kUnpowered;
  return (current & kCompared) != (now & kCompared);
}

ReaderEvent unknownReader(const Profile& profile, Dword current) {
  ReaderEvent event;
  event.changed = (current & state::kUnknown) == 0;
  if (!profile.statusIsMask) {
    event.state = state::kUnknown | state::kIgnore | state::kChanged;
  } else {
    // A reader that is fed back as IGNORE would never be seen again when it returns.
    event.state = state::kUnknown | state::kUnavailable | (event.changed ? state::kChanged : 0);
  }
  return event;
}

}  // namespace

ReaderEvent observe(const Profile& profile, const Reader* reader, Dword current) {
  if (reader == nullptr) return unknownReader(profile, current);
  ReaderEvent event;
  const Dword now = facts(profile, *reader);
  const bool contradicts =
      profile.statusIsMask ? contradictsPcsclite(current, now) : contradictsWindows(current, now);
  const bool recounted =
      (current & kCountMask) != 0 && (current & kCountMask) != counted(reader->eventCounter);
  event.changed = contradicts || recounted || current == state::kUnaware;
  event.state = now | counted(reader->eventCounter) | (event.changed ? state::kChanged : 0);
  event.atr = reader->atr;
  return event;
}

ReaderEvent observeReaders(const State& state, Dword current, std::size_t countAtStart) {
  ReaderEvent event;
  const std::size_t count = state.readers.size();
  if (state.profile().pnpCountsReaders) {
    const Dword now = counted(static_cast<std::uint32_t>(count));
    event.changed = (current & kCountMask) != now;
    event.state = now;
  } else {
    event.changed = count != countAtStart;
  }
  if (event.changed) event.state |= state::kChanged;
  return event;
}

bool isPnpNotification(const std::string& name) { return sameName(name, kPnpNotification); }

void store(const ReaderEvent& event, abi::ReaderState& entry) {
  entry.eventState = event.state;
  const std::size_t length = std::min(event.atr.size(), abi::kAtrCapacity);
  entry.atrLength = static_cast<Dword>(length);
  if (length > 0) std::memcpy(entry.atr, event.atr.data(), length);
}

}  // namespace scard::virtualrm
