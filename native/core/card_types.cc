#include "core/card_types.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/outside_transactions.h"
#include "core/pcsc_call.h"
#include "core/pcsc_fetch.h"

namespace scard {

Result<void> introduceCardType(const PcscContext& context, const CardTypeRecord& type) {
  const platform::String name = platform::encode(type.name);
  return toResult(callPcsc(
      "SCardIntroduceCardType", context.api().introduceCardType, context.handle(), name.c_str(),
      type.primaryProvider.has_value() ? &*type.primaryProvider : nullptr,
      type.interfaces.empty() ? nullptr : type.interfaces.data(),
      static_cast<abi::Dword>(type.interfaces.size()), type.atr.empty() ? nullptr : type.atr.data(),
      type.mask.empty() ? nullptr : type.mask.data(), static_cast<abi::Dword>(type.atr.size())));
}

Result<void> forgetCardType(const PcscContext& context, const std::string& name) {
  return toResult(callPcsc("SCardForgetCardType", context.api().forgetCardType, context.handle(),
                           platform::encode(name).c_str()));
}

Result<std::vector<std::string>> listCards(const PcscContext& context,
                                           std::span<const std::uint8_t> atr,
                                           const std::vector<abi::Guid>& interfaces) {
  // Room for all that 33 bytes can declare: winscard reads as far as they say.
  std::array<std::uint8_t, 64> padded{};
  std::copy_n(atr.begin(), std::min(atr.size(), padded.size()), padded.begin());
  const std::uint8_t* const bytes = atr.empty() ? nullptr : padded.data();
  const abi::Guid* const wanted = interfaces.empty() ? nullptr : interfaces.data();
  return outsideTransactions(context, "SCardListCards", [&] {
    return fetchNames([&](abi::Char* buffer, abi::Dword* length) {
      return callPcsc("SCardListCards", context.api().listCards, context.handle(), bytes, wanted,
                      static_cast<abi::Dword>(interfaces.size()), buffer, length);
    });
  });
}

Result<std::vector<std::string>> listInterfaces(const PcscContext& context,
                                                const std::string& name) {
  const platform::String card = platform::encode(name);
  const auto guids = fetchUnits<abi::Guid>([&](abi::Guid* buffer, abi::Dword* count) {
    return callPcsc("SCardListInterfaces", context.api().listInterfaces, context.handle(),
                    card.c_str(), buffer, count);
  });
  if (!guids.ok()) return guids.error();
  std::vector<std::string> interfaces;
  interfaces.reserve(guids.value().size());
  for (const abi::Guid& guid : guids.value()) interfaces.push_back(formatGuid(guid));
  return interfaces;
}

Result<std::string> getProviderId(const PcscContext& context, const std::string& name) {
  abi::Guid provider{};
  if (auto error = callPcsc("SCardGetProviderId", context.api().getProviderId, context.handle(),
                            platform::encode(name).c_str(), &provider)) {
    return std::move(*error);
  }
  return formatGuid(provider);
}

Result<std::string> getProviderName(const PcscContext& context, const std::string& name,
                                    std::uint32_t id) {
  const platform::String card = platform::encode(name);
  return fetchText([&](abi::Char* buffer, abi::Dword* length) {
    return callPcsc("SCardGetCardTypeProviderName", context.api().getCardTypeProviderName,
                    context.handle(), card.c_str(), static_cast<abi::Dword>(id), buffer, length);
  });
}

Result<void> setProviderName(const PcscContext& context, const std::string& name, std::uint32_t id,
                             const std::string& value) {
  return toResult(callPcsc("SCardSetCardTypeProviderName", context.api().setCardTypeProviderName,
                           context.handle(), platform::encode(name).c_str(),
                           static_cast<abi::Dword>(id), platform::encode(value).c_str()));
}

}  // namespace scard
