// The binary interface of this platform's PC/SC library: widths, packing, calling convention.
// Declared here, not taken from a PC/SC header, so that the addon builds without one;
// test/native/abi_test.cc compares it with the real headers where they are installed.
#pragma once

#if defined(_WIN32)
#include "platform/abi_windows.h"
#elif defined(__APPLE__)
#include "platform/abi_macos.h"
#else
#include "platform/abi_linux.h"
#endif

namespace scard::abi {

/// A Windows GUID. Same layout everywhere, so that the card type calls have one signature.
struct Guid {
  std::uint32_t data1;
  std::uint16_t data2;
  std::uint16_t data3;
  std::uint8_t data4[8];
};

/// SCARD_ATRMASK of SCardLocateCardsByATR: 33 bytes, padded to 36 as on Windows.
struct AtrMask {
  Dword atrLength;
  std::uint8_t atr[36];
  std::uint8_t mask[36];
};

inline constexpr Dword kInfinite = 0xFFFFFFFF;

/// A result as the 32 bits that every manual prints (pcsclite's LONG has 64).
constexpr std::uint32_t resultCode(Long result) { return static_cast<std::uint32_t>(result); }

}  // namespace scard::abi
