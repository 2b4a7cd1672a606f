// The card cache that all contexts share (winscard only).
#include "core/virtual/calls.h"
#include "core/virtual/functions.h"

namespace scard::virtualrm {

Long readCache(State& state, ContextHandle handle, const Guid* card, Dword freshness,
               const Char* name, Byte* data, Dword* length) {
  if (card == nullptr || name == nullptr || length == nullptr)
    return toLong(result::kInvalidParameter);
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  const auto found = state.database.cache.find({formatGuid(*card), fromChars(name)});
  if (found == state.database.cache.end()) return toLong(result::kCacheItemNotFound);
  const CacheItem& item = found->second;
  if (item.freshness != freshness) {
    // Older data is of no more use; newer data is, to whoever knows of it.
    if (item.freshness < freshness) state.database.cache.erase(found);
    return toLong(result::kCacheItemStale);
  }
  return toLong(writeOutput<Byte>(call.context().allocations, std::span(item.data), data, length));
}

Long writeCache(State& state, ContextHandle handle, const Guid* card, Dword freshness,
                const Char* name, const Byte* data, Dword length) {
  if (card == nullptr || name == nullptr || (data == nullptr && length > 0))
    return toLong(result::kInvalidParameter);
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  if (length > state.options.cacheItemLimit) return toLong(result::kCacheItemTooBig);
  CacheItem& item = state.database.cache[{formatGuid(*card), fromChars(name)}];
  item.freshness = static_cast<std::uint32_t>(freshness);
  item.data.assign(data, data + length);
  return toLong(result::kSuccess);
}

}  // namespace scard::virtualrm
