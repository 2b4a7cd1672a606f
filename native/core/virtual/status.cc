#include <cstring>

#include "core/virtual/calls.h"
#include "core/virtual/functions.h"

namespace scard::virtualrm {

namespace {

Dword maskOf(const Reader& reader) {
  Dword mask = cardState::kMaskAbsent;
  if (reader.card) mask = cardState::kMaskPresent;
  if (reader.mute) mask |= cardState::kMaskSwallowed;
  if (reader.powered) mask |= cardState::kMaskPowered | cardState::kMaskNegotiable;
  // pcsclite keeps its event counter here as well.
  return mask | static_cast<Dword>(reader.eventCounter & 0xFFFFU) << 16U;
}

Dword valueOf(const Reader& reader) {
  if (!reader.card) return cardState::kValueAbsent;
  if (reader.mute) return cardState::kValueSwallowed;
  if (!reader.powered) return cardState::kValuePresent;
  return reader.activeProtocol == protocol::kUndefined ? cardState::kValueNegotiable
                                                       : cardState::kValueSpecific;
}

/// pcsclite gives one name, winscard a list of all names of the reader.
Chars namesOf(const State& state, const Reader& reader) {
  if (!state.profile().hasDatabase) return toChars(reader.options.name);
  std::vector<std::string> names;
  if (!state.database.hidden.contains(reader.options.name)) names.push_back(reader.options.name);
  for (const auto& [alias, device] : state.database.aliases) {
    if (device == reader.options.name) names.push_back(alias);
  }
  return toMultiString(names);
}

}  // namespace

Long status(State& state, CardHandle handle, Char* readers, Dword* readersLength, Dword* cardState,
            Dword* activeProtocol, Byte* atr, Dword* atrLength) {
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  std::uint32_t failure = call.checkSharing(CardCall::Sharing::kWait);
  if (failure == result::kSuccess) failure = call.checkReader();
  if (failure == result::kSuccess) failure = call.checkNotice();
  if (failure != result::kSuccess) return toLong(failure);

  const Reader& reader = call.reader();
  if (cardState != nullptr)
    *cardState = state.profile().statusIsMask ? maskOf(reader) : valueOf(reader);
  if (activeProtocol != nullptr) *activeProtocol = reader.activeProtocol;
  Allocations& allocations = call.contextCall().context().allocations;
  if (readersLength != nullptr)
    failure = writeText(allocations, namesOf(state, reader), readers, readersLength);
  if (atrLength != nullptr) {
    const std::uint32_t written =
        writeOutput<Byte>(allocations, std::span(reader.atr), atr, atrLength);
    if (failure == result::kSuccess) failure = written;
  }
  return toLong(failure);
}

}  // namespace scard::virtualrm
