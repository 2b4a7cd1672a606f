// PC/SC values the virtual resource manager speaks. Results are kept as 32 bits and widened to the
// platform's LONG at the edge, because pcsclite's LONG has 64.
#pragma once

#include <cstdint>

#include "platform/abi.h"

namespace scard::virtualrm {

using Long = abi::Long;
using Dword = abi::Dword;
using Char = abi::Char;

/// Results of PC/SC calls.
namespace result {
inline constexpr std::uint32_t kSuccess = 0;
inline constexpr std::uint32_t kFileNotFound = 2;
inline constexpr std::uint32_t kInternalError = 0x80100001;
inline constexpr std::uint32_t kCancelled = 0x80100002;
inline constexpr std::uint32_t kInvalidHandle = 0x80100003;
inline constexpr std::uint32_t kInvalidParameter = 0x80100004;
inline constexpr std::uint32_t kNoMemory = 0x80100006;
inline constexpr std::uint32_t kInsufficientBuffer = 0x80100008;
inline constexpr std::uint32_t kUnknownReader = 0x80100009;
inline constexpr std::uint32_t kTimeout = 0x8010000A;
inline constexpr std::uint32_t kSharingViolation = 0x8010000B;
inline constexpr std::uint32_t kNoSmartcard = 0x8010000C;
inline constexpr std::uint32_t kUnknownCard = 0x8010000D;
inline constexpr std::uint32_t kProtoMismatch = 0x8010000F;
inline constexpr std::uint32_t kInvalidValue = 0x80100011;
inline constexpr std::uint32_t kCommError = 0x80100013;
inline constexpr std::uint32_t kInvalidAtr = 0x80100015;
inline constexpr std::uint32_t kNotTransacted = 0x80100016;
inline constexpr std::uint32_t kReaderUnavailable = 0x80100017;
inline constexpr std::uint32_t kDuplicateReader = 0x8010001B;
inline constexpr std::uint32_t kNoService = 0x8010001D;
inline constexpr std::uint32_t kServiceStopped = 0x8010001E;
inline constexpr std::uint32_t kIccInstallation = 0x80100020;
inline constexpr std::uint32_t kUnsupportedFeatureWindows = 0x80100022;
#if defined(_WIN32)
// What pcsclite's number is on Windows is another error: programs name results by their platform.
inline constexpr std::uint32_t kUnsupportedFeaturePcsclite = kUnsupportedFeatureWindows;
#else
inline constexpr std::uint32_t kUnsupportedFeaturePcsclite = 0x8010001F;
#endif
inline constexpr std::uint32_t kNoReadersAvailable = 0x8010002E;
inline constexpr std::uint32_t kUnresponsiveCard = 0x80100066;
inline constexpr std::uint32_t kUnpoweredCard = 0x80100067;
inline constexpr std::uint32_t kResetCard = 0x80100068;
inline constexpr std::uint32_t kRemovedCard = 0x80100069;
inline constexpr std::uint32_t kCacheItemNotFound = 0x80100070;
inline constexpr std::uint32_t kCacheItemStale = 0x80100071;
inline constexpr std::uint32_t kCacheItemTooBig = 0x80100072;
}  // namespace result

/// A result in the platform's own type. Windows and macOS read the code as a negative 32-bit
/// number, pcsclite on Linux as a positive 64-bit one.
constexpr Long toLong(std::uint32_t code) {
  return sizeof(Long) > 4 ? static_cast<Long>(code)
                          : static_cast<Long>(static_cast<std::int32_t>(code));
}

namespace share {
inline constexpr Dword kExclusive = 1;
inline constexpr Dword kShared = 2;
inline constexpr Dword kDirect = 3;
}  // namespace share

namespace disposition {
inline constexpr Dword kLeave = 0;
inline constexpr Dword kReset = 1;
inline constexpr Dword kUnpower = 2;
inline constexpr Dword kEject = 3;
}  // namespace disposition

namespace protocol {
inline constexpr Dword kUndefined = 0;
inline constexpr Dword kT0 = 1;
inline constexpr Dword kT1 = 2;
inline constexpr Dword kRawPcsclite = 4;
inline constexpr Dword kT15 = 8;
inline constexpr Dword kAnyOld = 0x1000;
inline constexpr Dword kRawWindows = 0x10000;
}  // namespace protocol

/// Reader states of GetStatusChange.
namespace state {
inline constexpr Dword kUnaware = 0x0000;
inline constexpr Dword kIgnore = 0x0001;
inline constexpr Dword kChanged = 0x0002;
inline constexpr Dword kUnknown = 0x0004;
inline constexpr Dword kUnavailable = 0x0008;
inline constexpr Dword kEmpty = 0x0010;
inline constexpr Dword kPresent = 0x0020;
inline constexpr Dword kAtrMatch = 0x0040;
inline constexpr Dword kExclusive = 0x0080;
inline constexpr Dword kInUse = 0x0100;
inline constexpr Dword kMute = 0x0200;
inline constexpr Dword kUnpowered = 0x0400;
}  // namespace state

/// Card states of Status: a bit mask in pcsclite, one of an enumeration in Windows.
namespace cardState {
inline constexpr Dword kMaskAbsent = 0x02;
inline constexpr Dword kMaskPresent = 0x04;
inline constexpr Dword kMaskSwallowed = 0x08;
inline constexpr Dword kMaskPowered = 0x10;
inline constexpr Dword kMaskNegotiable = 0x20;
inline constexpr Dword kValueAbsent = 1;
inline constexpr Dword kValuePresent = 2;
inline constexpr Dword kValueSwallowed = 3;
inline constexpr Dword kValuePowered = 4;
inline constexpr Dword kValueNegotiable = 5;
inline constexpr Dword kValueSpecific = 6;
}  // namespace cardState

/// The length that asks the resource manager to allocate the buffer.
inline constexpr Dword kAutoAllocate = static_cast<Dword>(-1);

/// Largest extended response: 65536 bytes and a status word.
inline constexpr std::size_t kMaxResponse = 65538;
/// Largest extended command: header, 3-byte Lc, 65535 bytes, 2-byte Le.
inline constexpr std::size_t kMaxCommand = 65544;

inline constexpr char kPnpNotification[] = "\\\\?PnP?\\Notification";

}  // namespace scard::virtualrm
