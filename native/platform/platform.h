// What differs per operating system and is not the binary interface itself (platform/abi.h).
// Implemented once per system: platform_linux.cc, platform_macos.cc, platform_windows.cc;
// what Linux and macOS share is in platform_posix.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/abi.h"

namespace scard {

/// How a resource manager spells what the core normalises. Belongs to a table of functions, not to
/// the operating system: the virtual subsystem can speak either.
struct Dialect {
  /// SCardStatus gives one enumerated value (Windows) instead of a set of bits (pcsclite).
  bool stateIsEnumeration = false;
  /// Protocol value of SCARD_PROTOCOL_RAW.
  std::uint32_t rawProtocol = 4;
  /// Largest buffer that SCardGetAttrib accepts (pcsclite refuses larger ones).
  std::uint32_t attributeCapacity = 264;
};

namespace platform {

using String = std::basic_string<abi::Char>;
using StringView = std::basic_string_view<abi::Char>;

/// UTF-8 to what the PC/SC functions take, and back. Malformed input is replaced, never dropped.
String encode(std::string_view utf8);
std::string decode(StringView text);

/// Where the PC/SC library is looked for when the caller names none, in this order.
std::vector<std::string> libraryPaths();

/// A loaded library, or null and the loader's words. Libraries are never unloaded: a call may still
/// be running in one when its environment has ended.
void* openLibrary(const std::string& path, std::string& message);

/// The address of a PC/SC function by its winscard name, in this platform's spelling; null if
/// absent.
void* findFunction(void* library, const char* name);

Dialect dialect();

/// SCARD_CTL_CODE.
std::uint32_t controlCode(std::uint32_t function);

/// At most 15 characters are shown on Linux.
void nameThread(const char* name);

/// Keeps this module loaded until the process ends, because a thread blocked in PC/SC may outlive
/// the worker that loaded it.
void pinModule();

}  // namespace platform
}  // namespace scard
