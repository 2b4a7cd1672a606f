#include "core/virtual/buffers.h"

namespace scard::virtualrm {

namespace {

void appendUtf8(std::string& text, std::uint32_t point) {
  const auto tail = [point](unsigned shift) {
    return static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xC0U | (point >> 6U));
    text += tail(0);
  } else if (point < 0x10000) {
    text += static_cast<char>(0xE0U | (point >> 12U));
    text += tail(6);
    text += tail(0);
  } else {
    text += static_cast<char>(0xF0U | (point >> 18U));
    text += tail(12);
    text += tail(6);
    text += tail(0);
  }
}

/// Takes one code point from `text` at `position`; malformed bytes pass as they are.
std::uint32_t takeUtf8(const std::string& text, std::size_t& position) {
  const auto first = static_cast<std::uint8_t>(text[position++]);
  const unsigned more = first < 0xC0 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  if (more == 0 || position + more > text.size()) return first;
  std::uint32_t point = first & (0x3FU >> more);
  for (unsigned i = 0; i < more; ++i)
    point = (point << 6U) | (static_cast<std::uint8_t>(text[position++]) & 0x3FU);
  return point;
}

}  // namespace

std::string fromChars(const Char* text) {
  if (text == nullptr) return {};
  if constexpr (sizeof(Char) == 1) {
    return {reinterpret_cast<const char*>(text)};
  } else {
    std::string converted;
    while (*text != 0) {
      auto point = static_cast<std::uint32_t>(*text++) & 0xFFFFU;
      if (point >= 0xD800 && point < 0xDC00 && *text != 0)
        point = 0x10000 + ((point & 0x3FFU) << 10U) + (static_cast<std::uint32_t>(*text++) & 0x3FFU);
      appendUtf8(converted, point);
    }
    return converted;
  }
}

Chars toChars(const std::string& text) {
  Chars converted;
  if constexpr (sizeof(Char) == 1) {
    converted.assign(text.begin(), text.end());
  } else {
    for (std::size_t position = 0; position < text.size();) {
      const std::uint32_t point = takeUtf8(text, position);
      if (point < 0x10000) {
        converted += static_cast<Char>(point);
      } else {
        converted += static_cast<Char>(0xD800U + ((point - 0x10000) >> 10U));
        converted += static_cast<Char>(0xDC00U + ((point - 0x10000) & 0x3FFU));
      }
    }
  }
  return converted;
}

Chars toMultiString(const std::vector<std::string>& items) {
  Chars joined;
  for (const std::string& item : items) {
    joined += toChars(item);
    joined += Char{0};
  }
  return joined;
}

std::vector<std::string> fromMultiString(const Char* text) {
  std::vector<std::string> items;
  while (text != nullptr && *text != 0) {
    items.push_back(fromChars(text));
    text += std::char_traits<Char>::length(text) + 1;
  }
  return items;
}

}  // namespace scard::virtualrm
