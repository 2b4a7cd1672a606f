// pcsclite on Linux: DWORD and LONG are C longs (8 bytes on 64-bit), names are UTF-8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#define SCARD_CALL

namespace scard::abi {

using Dword = unsigned long;
using Long = long;
using ContextHandle = long;
using CardHandle = long;
using Char = char;

inline constexpr std::size_t kAtrCapacity = 33;

struct ReaderState {
  const Char* reader;
  void* userData;
  Dword currentState;
  Dword eventState;
  Dword atrLength;
  std::uint8_t atr[kAtrCapacity];
};

struct IoRequest {
  unsigned long protocol;
  unsigned long length;
};

}  // namespace scard::abi
