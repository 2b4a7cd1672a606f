// PCSC.framework on macOS: pcsclite's interface with 32-bit integers and packed structures.
#pragma once

#include <cstddef>
#include <cstdint>

#define SCARD_CALL

namespace scard::abi {

using Dword = std::uint32_t;
using Long = std::int32_t;
using ContextHandle = std::int32_t;
using CardHandle = std::int32_t;
using Char = char;

inline constexpr std::size_t kAtrCapacity = 33;

#pragma pack(push, 1)
struct ReaderState {
  const Char* reader;
  void* userData;
  Dword currentState;
  Dword eventState;
  Dword atrLength;
  std::uint8_t atr[kAtrCapacity];
};

struct IoRequest {
  std::uint32_t protocol;
  std::uint32_t length;
};
#pragma pack(pop)

}  // namespace scard::abi
