#include "core/virtual/database.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace scard::virtualrm {

namespace {

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool sameName(const std::string& left, const std::string& right) {
  return std::ranges::equal(left, right, {}, lowered, lowered);
}

int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lowered(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

bool NameLess::operator()(const std::string& left, const std::string& right) const {
  return std::ranges::lexicographical_compare(left, right, {}, lowered, lowered);
}

bool AtrPattern::matches(std::span<const std::uint8_t> candidate) const {
  if (candidate.size() != atr.size()) return false;
  for (std::size_t i = 0; i < atr.size(); ++i) {
    // The pattern itself is not masked: winscard compares A & M with P.
    if ((candidate[i] & mask[i]) != atr[i]) return false;
  }
  return true;
}

std::string formatGuid(const Guid& guid) {
  char text[39];
  std::snprintf(text, sizeof text, "{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
                static_cast<unsigned long>(guid.data1), guid.data2, guid.data3, guid.data4[0],
                guid.data4[1], guid.data4[2], guid.data4[3], guid.data4[4], guid.data4[5],
                guid.data4[6], guid.data4[7]);
  return text;
}

std::optional<Guid> parseGuid(const std::string& text) {
  static constexpr char kShape[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
  if (text.size() != sizeof kShape - 1) return std::nullopt;
  std::uint8_t bytes[16] = {};
  unsigned digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kShape[i] != 'x') {
      if (text[i] != kShape[i]) return std::nullopt;
      continue;
    }
    const int value = hexValue(text[i]);
    if (value < 0) return std::nullopt;
    bytes[digits / 2] = static_cast<std::uint8_t>((bytes[digits / 2] << 4) | value);
    ++digits;
  }
  Guid guid{};
  guid.data1 = static_cast<std::uint32_t>(bytes[0]) << 24U |
               static_cast<std::uint32_t>(bytes[1]) << 16U |
               static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
  guid.data2 = static_cast<std::uint16_t>(bytes[4] << 8 | bytes[5]);
  guid.data3 = static_cast<std::uint16_t>(bytes[6] << 8 | bytes[7]);
  std::memcpy(guid.data4, bytes + 8, sizeof guid.data4);
  return guid;
}

bool sameGuid(const Guid& left, const Guid& right) {
  return left.data1 == right.data1 && left.data2 == right.data2 && left.data3 == right.data3 &&
         std::memcmp(left.data4, right.data4, sizeof left.data4) == 0;
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
