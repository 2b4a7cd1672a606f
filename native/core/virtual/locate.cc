// Which readers hold a card of a given kind (winscard only).
#include <algorithm>
#include <span>

#include "core/virtual/calls.h"
#include "core/virtual/functions.h"
#include "core/virtual/reader_state.h"

namespace scard::virtualrm {

namespace {

/// Looks at every reader once; never waits.
void locate(const State& state, const std::vector<AtrPattern>& patterns,
            std::span<abi::ReaderState> entries) {
  for (abi::ReaderState& entry : entries) {
    if ((entry.currentState & state::kIgnore) != 0) {
      entry.eventState = state::kIgnore;
      continue;
    }
    const std::string name = fromChars(entry.reader);
    const std::shared_ptr<Reader> reader = state.findReader(name);
    ReaderEvent event = observe(state.profile(), reader.get(), entry.currentState);
    const bool matches = std::ranges::any_of(
        patterns, [&](const AtrPattern& pattern) { return pattern.matches(event.atr); });
    if ((event.state & state::kPresent) != 0 && matches) event.state |= state::kAtrMatch;
    if ((entry.currentState & state::kAtrMatch) != (event.state & state::kAtrMatch))
      event.state |= state::kChanged;
    store(event, entry);
  }
}

std::uint32_t checkEntries(const abi::ReaderState* states, Dword count) {
  if (states == nullptr && count > 0) return result::kInvalidParameter;
  const std::span entries(states, count);
  const bool complete =
      std::ranges::all_of(entries, [](const auto& entry) { return entry.reader != nullptr; });
  return complete ? result::kSuccess : result::kInvalidValue;
}

}  // namespace

Long locateCards(State& state, ContextHandle handle, const Char* cards, abi::ReaderState* states,
                 Dword count) {
  const std::uint32_t wrong = checkEntries(states, count);
  if (wrong != result::kSuccess) return toLong(wrong);
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  const std::vector<std::string> names = fromMultiString(cards);
  std::vector<AtrPattern> patterns;
  bool known = names.empty();
  for (const std::string& name : names) {
    const auto type = state.database.cardTypes.find(name);
    if (type == state.database.cardTypes.end()) continue;
    known = true;
    if (type->second.pattern) patterns.push_back(*type->second.pattern);
  }
  if (!known) return toLong(result::kUnknownCard);
  locate(state, patterns, std::span(states, count));
  return toLong(result::kSuccess);
}

Long locateCardsByAtr(State& state, ContextHandle handle, const abi::AtrMask* masks,
                      Dword maskCount, abi::ReaderState* states, Dword count) {
  if (masks == nullptr && maskCount > 0) return toLong(result::kInvalidParameter);
  const std::uint32_t wrong = checkEntries(states, count);
  if (wrong != result::kSuccess) return toLong(wrong);
  std::vector<AtrPattern> patterns;
  for (const abi::AtrMask& mask : std::span(masks, maskCount)) {
    if (mask.atrLength == 0 || mask.atrLength > 33) return toLong(result::kInvalidParameter);
    patterns.push_back(
        {Bytes(mask.atr, mask.atr + mask.atrLength), Bytes(mask.mask, mask.mask + mask.atrLength)});
  }
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  locate(state, patterns, std::span(states, count));
  return toLong(result::kSuccess);
}

}  // namespace scard::virtualrm
