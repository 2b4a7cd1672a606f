// The database of known cards (winscard only).
#include <algorithm>

#include "core/virtual/atr.h"
#include "core/virtual/calls.h"
#include "core/virtual/functions.h"

namespace scard::virtualrm {

namespace {

constexpr std::uint32_t kPrimaryProvider = 1;
constexpr std::size_t kMaxAtr = 33;

/// Runs `body(allocations)` for a context, or without one where winscard allows NULL.
template <typename Body>
Long withDatabase(State& state, ContextHandle handle, bool contextNeeded, Body&& body) {
  if (handle == 0 && !contextNeeded) {
    const Call call(state);
    if (!state.running || state.closing) return toLong(result::kNoService);
    return toLong(body(state.allocations));
  }
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  return toLong(body(call.context().allocations));
}

CardType* findType(State& state, const Char* name) {
  const auto found = state.database.cardTypes.find(fromChars(name));
  return found == state.database.cardTypes.end() ? nullptr : &found->second;
}

bool supportsAll(const CardType& type, std::span<const Guid> wanted) {
  return std::ranges::all_of(wanted, [&](const Guid& guid) {
    return std::ranges::any_of(type.interfaces,
                               [&](const Guid& each) { return sameGuid(each, guid); });
  });
}

/// An ATR given without its length: as long as it says itself.
std::span<const Byte> selfDescribed(const Byte* atr) {
  if (atr == nullptr) return {};
  // Never reads beyond what the bytes before declare.
  for (std::size_t length = 2; length <= kMaxAtr; ++length) {
    if (declaredAtrLength({atr, length}) != 0) return {atr, length};
  }
  return {};
}

std::optional<AtrPattern> makePattern(std::span<const Byte> atr, const Byte* mask) {
  AtrPattern pattern;
  pattern.atr.assign(atr.begin(), atr.end());
  pattern.mask = mask == nullptr ? Bytes(atr.size(), 0xFF) : Bytes(mask, mask + atr.size());
  return pattern;
}

}  // namespace

Long introduceCardType(State& state, ContextHandle handle, const Char* card, const Guid* provider,
                       const Guid* interfaces, Dword count, const Byte* atr, const Byte* mask,
                       Dword atrLength) {
  if (card == nullptr || (interfaces == nullptr && count > 0) || atrLength > kMaxAtr)
    return toLong(result::kInvalidParameter);
  return withDatabase(state, handle, /*contextNeeded=*/true, [&](Allocations&) {
    CardType type;
    type.name = fromChars(card);
    if (type.name.empty()) return result::kInvalidValue;
    if (atr != nullptr) {
      const std::span<const Byte> pattern =
          atrLength > 0 ? std::span(atr, atrLength) : selfDescribed(atr);
      if (pattern.empty()) return result::kInvalidAtr;
      type.pattern = makePattern(pattern, mask);
    }
    if (count > 0) type.interfaces.assign(interfaces, interfaces + count);
    if (provider != nullptr) type.providers[kPrimaryProvider] = formatGuid(*provider);
    state.database.cardTypes[type.name] = std::move(type);
    return result::kSuccess;
  });
}

Long forgetCardType(State& state, ContextHandle handle, const Char* card) {
  if (card == nullptr) return toLong(result::kInvalidParameter);
  return withDatabase(state, handle, /*contextNeeded=*/true, [&](Allocations&) {
    const bool known = state.database.cardTypes.erase(fromChars(card)) > 0;
    return known ? result::kSuccess : result::kUnknownCard;
  });
}

Long listCards(State& state, ContextHandle handle, const Byte* atr, const Guid* interfaces,
               Dword count, Char* cards, Dword* length) {
  if (length == nullptr) return toLong(result::kInvalidParameter);
  const std::span<const Byte> card = selfDescribed(atr);
  const std::span<const Guid> wanted(interfaces, interfaces == nullptr ? 0 : count);
  return withDatabase(state, handle, /*contextNeeded=*/false, [&](Allocations& allocations) {
    std::vector<std::string> names;
    for (const auto& [name, type] : state.database.cardTypes) {
      if (atr != nullptr && (!type.pattern || !type.pattern->matches(card))) continue;
      if (supportsAll(type, wanted)) names.push_back(name);
    }
    return writeText(allocations, toMultiString(names), cards, length);
  });
}

Long listInterfaces(State& state, ContextHandle handle, const Char* card, Guid* interfaces,
                    Dword* count) {
  if (card == nullptr || count == nullptr) return toLong(result::kInvalidParameter);
  // The page refuses NULL as a context, its own sample passes it.
  return withDatabase(state, handle, /*contextNeeded=*/false, [&](Allocations& allocations) {
    const CardType* type = findType(state, card);
    if (type == nullptr) return result::kUnknownCard;
    return writeOutput<Guid>(allocations, std::span(type->interfaces), interfaces, count);
  });
}

Long getProviderId(State& state, ContextHandle handle, const Char* card, Guid* provider) {
  if (card == nullptr || provider == nullptr) return toLong(result::kInvalidParameter);
  return withDatabase(state, handle, /*contextNeeded=*/true, [&](Allocations&) {
    const CardType* type = findType(state, card);
    if (type == nullptr) return result::kUnknownCard;
    const auto primary = type->providers.find(kPrimaryProvider);
    if (primary == type->providers.end()) return result::kIccInstallation;
    *provider = *parseGuid(primary->second);
    return result::kSuccess;
  });
}

Long getCardTypeProviderName(State& state, ContextHandle handle, const Char* card, Dword id,
                             Char* name, Dword* length) {
  if (card == nullptr || length == nullptr) return toLong(result::kInvalidParameter);
  return withDatabase(state, handle, /*contextNeeded=*/false, [&](Allocations& allocations) {
    const CardType* type = findType(state, card);
    if (type == nullptr) return result::kUnknownCard;
    const auto provider = type->providers.find(static_cast<std::uint32_t>(id));
    // A plain Win32 code, as observed on Windows.
    if (provider == type->providers.end()) return result::kFileNotFound;
    return writeText(allocations, toChars(provider->second), name, length);
  });
}

Long setCardTypeProviderName(State& state, ContextHandle handle, const Char* card, Dword id,
                             const Char* name) {
  if (card == nullptr || name == nullptr) return toLong(result::kInvalidParameter);
  return withDatabase(state, handle, /*contextNeeded=*/false, [&](Allocations&) {
    CardType* type = findType(state, card);
    if (type == nullptr) return result::kUnknownCard;
    std::string value = fromChars(name);
    const auto slot = static_cast<std::uint32_t>(id);
    if (slot == kPrimaryProvider) {
      const std::optional<Guid> guid = parseGuid(value);
      if (!guid) return result::kInvalidValue;
      value = formatGuid(*guid);
    }
    type->providers[slot] = std::move(value);
    return result::kSuccess;
  });
}

}  // namespace scard::virtualrm
