// The resource manager's cache of what cards hold, and its audit log, over the table. Calls block;
// pcsclite has none of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/guid.h"
#include "core/pcsc_context.h"
#include "core/result.h"

namespace scard {

/// Names an item: the card's own identifier, the caller's revision of its data, and a name.
struct CacheKey {
  abi::Guid card;
  std::uint32_t freshness = 0;
  std::string name;
};

/// SCardReadCache. SCARD_W_CACHE_ITEM_STALE deletes an older item.
Result<std::vector<std::uint8_t>> readCache(const PcscContext& context, const CacheKey& key);

/// SCardWriteCache.
Result<void> writeCache(const PcscContext& context, const CacheKey& key,
                        const std::vector<std::uint8_t>& data);

/// SCardAudit: 0 the card holder's verification failed, 1 it succeeded.
Result<void> audit(const PcscContext& context, std::uint32_t event);

}  // namespace scard
