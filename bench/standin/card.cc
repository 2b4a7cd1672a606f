#include "card.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace standin {
namespace {

constexpr std::size_t kLargest = 65'536;
constexpr unsigned kOk = 0x9000;

/// Byte i is i modulo 251, as the virtual card of test/harness answers. Made at compile time: the
/// answer costs one memcpy.
constexpr auto kPattern = [] {
  std::array<std::uint8_t, kLargest> bytes{};
  for (std::size_t i = 0; i < kLargest; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  return bytes;
}();

/// The fields of a command after its header (ISO/IEC 7816-3, 12.1).
struct Body {
  const std::uint8_t* data = nullptr;
  std::size_t lc = 0;
  /// 0 when the command wants no data.
  std::size_t le = 0;
  bool valid = true;
};

std::size_t pair(const std::uint8_t* at) { return static_cast<std::size_t>(at[0] << 8 | at[1]); }

std::size_t orAll(std::size_t le, std::size_t all) { return le == 0 ? all : le; }

Body extendedBody(const std::uint8_t* body, std::size_t length) {
  const std::size_t first = pair(body + 1);
  if (length == 3) return {nullptr, 0, orAll(first, 65'536), true};
  if (length == 3 + first) return {body + 3, first, 0, true};
  if (length == 5 + first) return {body + 3, first, orAll(pair(body + 3 + first), 65'536), true};
  return {nullptr, 0, 0, false};
}

Body parse(const std::uint8_t* command, std::size_t length) {
  if (length < 4) return {nullptr, 0, 0, false};
  const std::uint8_t* body = command + 4;
  length -= 4;
  if (length == 0) return {};
  if (length == 1) return {nullptr, 0, orAll(body[0], 256), true};
  if (body[0] == 0 && length >= 3) return extendedBody(body, length);
  const std::size_t lc = body[0];
  if (length == 1 + lc) return {body + 1, lc, 0, true};
  if (length == 2 + lc) return {body + 1, lc, orAll(body[1 + lc], 256), true};
  return {nullptr, 0, 0, false};
}

struct Answer {
  const std::uint8_t* data = kPattern.data();
  std::size_t length = 0;
  unsigned statusWord = kOk;
};

unsigned moreWaits(std::size_t bytes) {
  // 6100 stands for 256 bytes or more.
  return 0x6100U | (bytes < 256 ? static_cast<unsigned>(bytes) : 0U);
}

}  // namespace

Card::Outcome Card::answer(const CardSettings& settings, const std::uint8_t* command,
                           std::size_t commandLength, std::uint8_t* response, std::size_t& length) {
  delay_ = settings.delayMicroseconds;
  const Body body = parse(command, commandLength);
  Answer answer;
  if (!body.valid) {
    answer.statusWord = 0x6700;
  } else if (settings.responseLength >= 2) {
    answer.length = settings.responseLength - 2;
  } else {
    answer.length = body.le;
    const std::uint8_t ins = command[1];
    const std::size_t number = pair(command + 2);
    if (ins == 0xC0 && pending_ > 0) {
      answer.length = std::min(body.le, pending_);
      pending_ -= answer.length;
      if (pending_ > 0) answer.statusWord = moreWaits(pending_);
    } else if ((command[0] & 0x80) != 0) {
      switch (ins) {
        case 0x50:
          delay_ = static_cast<long>(number) * 1000;
          break;
        case 0x51:
          delay_ = static_cast<long>(number);
          break;
        case 0x61:
          answer = {kPattern.data(), 0, moreWaits(number)};
          pending_ = number;
          break;
        case 0x6C:
          if (body.le != command[2]) answer = {kPattern.data(), 0, 0x6C00U | command[2]};
          break;
        case 0xEC:
          answer = {body.data, body.lc, kOk};
          break;
        default:
          break;
      }
    }
  }
  if (answer.length + 2 > length) return Outcome::kTooLong;
  if (answer.length > 0) std::memcpy(response, answer.data, answer.length);
  response[answer.length] = static_cast<std::uint8_t>(answer.statusWord >> 8);
  response[answer.length + 1] = static_cast<std::uint8_t>(answer.statusWord);
  length = answer.length + 2;
  return Outcome::kAnswered;
}

}  // namespace standin
