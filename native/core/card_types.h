// The card types of winscard's database, over the table. Calls block; pcsclite has none of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/guid.h"
#include "core/pcsc_context.h"
#include "core/result.h"

namespace scard {

/// A card type to introduce.
struct CardTypeRecord {
  std::string name;
  std::optional<abi::Guid> primaryProvider = std::nullopt;
  std::vector<abi::Guid> interfaces = {};
  /// Empty: a type that no ATR matches.
  std::vector<std::uint8_t> atr = {};
  /// As long as `atr`, or empty: every bit counts.
  std::vector<std::uint8_t> mask = {};
};

/// SCardIntroduceCardType.
Result<void> introduceCardType(const PcscContext& context, const CardTypeRecord& type);

/// SCardForgetCardType.
Result<void> forgetCardType(const PcscContext& context, const std::string& name);

/// SCardListCards. No ATR: types of any. It must be as long as it says itself: winscard is not told
/// its length. Refused while a transaction is open, as is locating cards by name.
Result<std::vector<std::string>> listCards(const PcscContext& context,
                                           std::span<const std::uint8_t> atr,
                                           const std::vector<abi::Guid>& interfaces);

/// SCardListInterfaces, in the order introduced, as text.
Result<std::vector<std::string>> listInterfaces(const PcscContext& context,
                                                const std::string& name);

/// SCardGetProviderId, as text.
Result<std::string> getProviderId(const PcscContext& context, const std::string& name);

/// SCardGetCardTypeProviderName; SCARD_PROVIDER_* says which. Value 2 (ERROR_FILE_NOT_FOUND) when
/// none is set.
Result<std::string> getProviderName(const PcscContext& context, const std::string& name,
                                    std::uint32_t id);

/// SCardSetCardTypeProviderName.
Result<void> setProviderName(const PcscContext& context, const std::string& name, std::uint32_t id,
                             const std::string& value);

}  // namespace scard
