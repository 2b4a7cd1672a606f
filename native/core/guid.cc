#include "core/guid.h"

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace scard {

namespace {

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string formatGuid(const abi::Guid& guid) {
  char text[39];
  std::snprintf(text, sizeof text, "{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
                static_cast<unsigned long>(guid.data1), guid.data2, guid.data3, guid.data4[0],
                guid.data4[1], guid.data4[2], guid.data4[3], guid.data4[4], guid.data4[5],
                guid.data4[6], guid.data4[7]);
  return text;
}

std::optional<abi::Guid> parseGuid(const std::string& text) {
  static constexpr char kShape[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
  if (text.size() != sizeof kShape - 1) return std::nullopt;
  std::uint8_t bytes[16] = {};
  unsigned digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kShape[i] != 'x') {
      if (text[i] != kShape[i]) return std::nullopt;
      continue;
    }
    const int value = hexDigit(text[i]);
    if (value < 0) return std::nullopt;
    bytes[digits / 2] = static_cast<std::uint8_t>((bytes[digits / 2] << 4) | value);
    ++digits;
  }
  abi::Guid guid{};
  guid.data1 = static_cast<std::uint32_t>(bytes[0]) << 24U |
               static_cast<std::uint32_t>(bytes[1]) << 16U |
               static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
  guid.data2 = static_cast<std::uint16_t>(bytes[4] << 8 | bytes[5]);
  guid.data3 = static_cast<std::uint16_t>(bytes[6] << 8 | bytes[7]);
  std::memcpy(guid.data4, bytes + 8, sizeof guid.data4);
  return guid;
}

bool sameGuid(const abi::Guid& left, const abi::Guid& right) {
  return left.data1 == right.data1 && left.data2 == right.data2 && left.data3 == right.data3 &&
         std::memcmp(left.data4, right.data4, sizeof left.data4) == 0;
}

}  // namespace scard
