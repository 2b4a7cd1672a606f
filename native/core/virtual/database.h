// What Windows keeps about card types, reader names and groups, and the card cache. Pure data with
// rules: no lock, no PC/SC handle. Names compare without regard to case, as in the registry.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/guid.h"
#include "core/virtual/card_device.h"
#include "core/virtual/names.h"

namespace scard::virtualrm {

using Guid = abi::Guid;

/// An ATR pattern: an ATR matches when it is as long and equals `atr` where `mask` has bits.
struct AtrPattern {
  Bytes atr;
  Bytes mask;
  bool matches(std::span<const std::uint8_t> candidate) const;
};

struct CardType {
  std::string name;
  std::optional<AtrPattern> pattern;
  std::vector<Guid> interfaces;
  /// Provider names by SCARD_PROVIDER_*; 1 is the primary provider's GUID as text.
  std::map<std::uint32_t, std::string> providers;
};

/// An item of the card cache.
struct CacheItem {
  std::uint32_t freshness = 0;
  Bytes data;
};

class Database {
 public:
  std::map<std::string, CardType, NameLess> cardTypes;
  /// Display name to device name, for introduced names.
  std::map<std::string, std::string, NameLess> aliases;
  /// Device names whose own display name was forgotten.
  std::map<std::string, bool, NameLess> hidden;
  /// Members (display names) of each group, in the order they joined.
  std::map<std::string, std::vector<std::string>, NameLess> groups;
  /// By card identifier (its GUID as text) and item name.
  std::map<std::pair<std::string, std::string>, CacheItem> cache;

  /// Adds to a group that is made if need be; adding twice changes nothing.
  void join(const std::string& group, const std::string& reader);
  /// Takes out of a group; a group without members goes.
  void leave(const std::string& group, const std::string& reader);
  void leaveAll(const std::string& reader);
};

}  // namespace scard::virtualrm
