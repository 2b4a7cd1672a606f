#include "core/card_cache.h"

#include "core/pcsc_call.h"
#include "core/pcsc_fetch.h"

namespace scard {

Result<std::vector<std::uint8_t>> readCache(const PcscContext& context, const CacheKey& key) {
  const platform::String name = platform::encode(key.name);
  return fetchUnits<std::uint8_t>([&](std::uint8_t* buffer, abi::Dword* length) {
    return callPcsc("SCardReadCache", context.api().readCache, context.handle(), &key.card,
                    static_cast<abi::Dword>(key.freshness), name.c_str(), buffer, length);
  });
}

Result<void> writeCache(const PcscContext& context, const CacheKey& key,
                        const std::vector<std::uint8_t>& data) {
  return toResult(callPcsc("SCardWriteCache", context.api().writeCache, context.handle(), &key.card,
                           static_cast<abi::Dword>(key.freshness),
                           platform::encode(key.name).c_str(), data.data(),
                           static_cast<abi::Dword>(data.size())));
}

Result<void> audit(const PcscContext& context, std::uint32_t event) {
  return toResult(callPcsc("SCardAudit", context.api().audit, context.handle(),
                           static_cast<abi::Dword>(event)));
}

}  // namespace scard
