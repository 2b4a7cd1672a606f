#include <algorithm>
#include <optional>
#include <span>

#include "core/virtual/calls.h"
#include "core/virtual/functions.h"
#include "core/virtual/reader_state.h"

namespace scard::virtualrm {

namespace {

using States = std::span<abi::ReaderState>;

bool isIgnored(const abi::ReaderState& entry) { return (entry.currentState & state::kIgnore) != 0; }

/// Compares all entries with the facts. True when any of them is news.
bool lookAtAll(const State& state, States entries, const std::vector<std::string>& names,
               std::size_t countAtStart) {
  bool changed = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    abi::ReaderState& entry = entries[i];
    if (isIgnored(entry)) {
      entry.eventState = state.profile().statusIsMask ? 0 : state::kIgnore;
      continue;
    }
    ReaderEvent event;
    const std::shared_ptr<Reader> reader = state.findReader(names[i]);
    if (!reader && isPnpNotification(names[i])) {
      event = observeReaders(state, entry.currentState, countAtStart);
    } else {
      event = observe(state.profile(), reader.get(), entry.currentState);
    }
    store(event, entry);
    changed = changed || event.changed;
  }
  return changed;
}

bool namesUnknownReader(const State& state, const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    return !state.findReader(name) && !isPnpNotification(name);
  });
}

std::uint32_t waitForChange(State& state, ContextCall& call, Dword timeout, States entries,
                            const std::vector<std::string>& names) {
  ContextRecord& context = call.context();
  const bool endless = timeout == abi::kInfinite || timeout == static_cast<Dword>(-1);
  const auto deadline =
      endless ? Clock::time_point::max() : Clock::now() + std::chrono::milliseconds(timeout);
  const std::size_t countAtStart = state.readers.size();
  const std::uint64_t cancelledBefore = context.cancelled;
  while (!lookAtAll(state, entries, names, countAtStart)) {
    if (!endless && Clock::now() >= deadline) return result::kTimeout;
    ++context.waits;
    if (endless) {
      state.changed.wait(call.lock());
    } else {
      state.changed.wait_until(call.lock(), deadline);
    }
    --context.waits;
    if (context.cancelled != cancelledBefore) return result::kCancelled;
    if (!context.alive) return result::kCancelled;
    if (context.lost || state.closing) return state.profile().interruptedServiceResult;
  }
  return result::kSuccess;
}

}  // namespace

Long getStatusChange(State& state, ContextHandle handle, Dword timeout, abi::ReaderState* states,
                     Dword count) {
  if (states == nullptr && count > 0) return toLong(result::kInvalidParameter);
  const States entries(states, count);
  std::vector<std::string> names;
  for (const abi::ReaderState& entry : entries) {
    if (entry.reader == nullptr) return toLong(result::kInvalidValue);
    names.push_back(fromChars(entry.reader));
  }
  if (std::ranges::all_of(entries, isIgnored)) return toLong(result::kSuccess);

  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  if (state.profile().unknownReaderFails && namesUnknownReader(state, names))
    return toLong(result::kUnknownReader);
  return toLong(waitForChange(state, call, timeout, entries, names));
}

}  // namespace scard::virtualrm
