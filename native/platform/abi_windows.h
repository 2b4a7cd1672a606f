// winscard.dll: 32-bit integers, pointer-sized handles, 36 ATR bytes, UTF-16 (W) functions,
// stdcall.
#pragma once

#include <cstddef>
#include <cstdint>

#define SCARD_CALL __stdcall

namespace scard::abi {

using Dword = unsigned long;
using Long = long;
using ContextHandle = std::uintptr_t;
using CardHandle = std::uintptr_t;
using Char = wchar_t;

inline constexpr std::size_t kAtrCapacity = 36;

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
