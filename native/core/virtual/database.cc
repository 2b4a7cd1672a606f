#include "core/virtual/database.h"

#include <algorithm>

namespace scard::virtualrm {

bool AtrPattern::matches(std::span<const std::uint8_t> candidate) const {
  if (candidate.size() != atr.size()) return false;
  for (std::size_t i = 0; i < atr.size(); ++i) {
    // The pattern itself is not masked: winscard compares A & M with P.
    if ((candidate[i] & mask[i]) != atr[i]) return false;
  }
  return true;
}

void Database::join(const std::string& group, const std::string& reader) {
  std::vector<std::string>& members = groups[group];
  if (std::ranges::none_of(members, [&](const auto& member) { return sameName(member, reader); }))
    members.push_back(reader);
}

void Database::leave(const std::string& group, const std::string& reader) {
  const auto found = groups.find(group);
  if (found == groups.end()) return;
  std::erase_if(found->second, [&](const auto& member) { return sameName(member, reader); });
  if (found->second.empty()) groups.erase(found);
}

void Database::leaveAll(const std::string& reader) {
  for (auto group = groups.begin(); group != groups.end();) {
    std::erase_if(group->second, [&](const auto& member) { return sameName(member, reader); });
    group = group->second.empty() ? groups.erase(group) : std::next(group);
  }
}

}  // namespace scard::virtualrm
