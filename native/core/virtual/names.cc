#include "core/virtual/names.h"

#include <algorithm>
#include <array>

namespace scard::virtualrm {

namespace {

/// Small letters and how far behind their capitals they stand; `step` 2 where the two alternate.
struct Letters {
  char32_t first;
  char32_t last;
  char32_t distance;
  char32_t step;
};

// Unicode's simple mappings, UnicodeData.txt.
constexpr std::array<Letters, 23> kSmall{{
    {U'a', U'z', 32, 1},     {0x00E0, 0x00F6, 32, 1}, {0x00F8, 0x00FE, 32, 1},
    {0x0101, 0x012F, 1, 2},  {0x0133, 0x0137, 1, 2},  {0x013A, 0x0148, 1, 2},
    {0x014B, 0x0177, 1, 2},  {0x017A, 0x017E, 1, 2},  {0x01CE, 0x01DC, 1, 2},
    {0x01DF, 0x01EF, 1, 2},  {0x0201, 0x021F, 1, 2},  {0x03AC, 0x03AC, 38, 1},
    {0x03AD, 0x03AF, 37, 1}, {0x03B1, 0x03C1, 32, 1}, {0x03C3, 0x03CB, 32, 1},
    {0x03CC, 0x03CC, 64, 1}, {0x03CD, 0x03CE, 63, 1}, {0x0430, 0x044F, 32, 1},
    {0x0450, 0x045F, 80, 1}, {0x048B, 0x04BF, 1, 2},  {0x04D1, 0x052F, 1, 2},
    {0x0561, 0x0586, 48, 1}, {0x1E01, 0x1E95, 1, 2},
}};

char32_t capital(char32_t letter) {
  for (const Letters& letters : kSmall) {
    if (letter >= letters.first && letter <= letters.last &&
        (letter - letters.first) % letters.step == 0) {
      return letter - letters.distance;
    }
  }
  return letter;
}

/// The bits of a character that its first byte holds, and how many bytes follow.
struct Lead {
  char32_t bits;
  int following;
};

Lead leadOf(unsigned char byte) {
  if (byte >= 0xF0) return {byte & 0x07U, 3};
  if (byte >= 0xE0) return {byte & 0x0FU, 2};
  if (byte >= 0xC0) return {byte & 0x1FU, 1};
  return {byte, 0};
}

}  // namespace

std::u32string nameKey(std::string_view name) {
  std::u32string key;
  key.reserve(name.size());
  for (std::size_t at = 0; at < name.size();) {
    auto [character, following] = leadOf(static_cast<unsigned char>(name[at++]));
    for (; following > 0 && at < name.size(); --following) {
      character = character << 6U | (static_cast<unsigned char>(name[at++]) & 0x3FU);
    }
    key.push_back(capital(character));
  }
  return key;
}

bool sameName(std::string_view left, std::string_view right) {
  return left == right || nameKey(left) == nameKey(right);
}

}  // namespace scard::virtualrm
