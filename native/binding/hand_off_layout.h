// What stands where in the two blocks of memory that the hand-off shares with JavaScript:
// NativeHandOff of binding.d.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/exchange.h"

namespace scard::binding {

// Int32 fields of a request, and what follows them: the command.
enum RequestField : std::size_t {
  kCard,
  kLane,
  kProtocol,
  kLength,
  kFlags,
  kMaxLength,
  kMaxCommand,
  kScript,
  kRequestFields
};
inline constexpr std::size_t kCommandAt = kRequestFields * sizeof(std::int32_t);
// Header, extended Lc, 65 535 bytes of data, extended Le.
inline constexpr std::size_t kLongestCommand = 65544;

// A reply begins with pairs of Int32 (token, length), one for each finished call.
inline constexpr std::uint32_t kMostFinished = 256;
inline constexpr std::size_t kBytesAt = std::size_t{kMostFinished} * 2 * sizeof(std::int32_t);
// Behind the room for as many short answers stands that of a synchronous exchange, which may be
// made while those are passed on.
inline constexpr std::size_t kExchangeAt = kBytesAt + std::size_t{kMostFinished} * Exchange::kShort;
inline constexpr std::size_t kReplyBytes = kExchangeAt + kResponseCapacity;

// In place of a token: the call is an operation. In place of a length: see binding.d.ts.
inline constexpr std::int32_t kOperation = -1;
inline constexpr std::int32_t kFailed = -1;
inline constexpr std::int32_t kOtherAnswer = -2;

inline std::int32_t loadField(const std::uint8_t* memory, std::size_t field) {
  std::int32_t value = 0;
  std::memcpy(&value, memory + field * sizeof(value), sizeof(value));
  return value;
}

inline void storeField(std::uint8_t* memory, std::size_t field, std::int32_t value) {
  std::memcpy(memory + field * sizeof(value), &value, sizeof(value));
}

}  // namespace scard::binding
