// winscard's output protocol: NULL asks for the length, SCARD_AUTOALLOCATE for a buffer, anything
// else says how much room there is.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/virtual/codes.h"

namespace scard::virtualrm {

using Chars = std::basic_string<Char>;
using Allocations = std::map<const void*, std::unique_ptr<std::uint8_t[]>>;

/// Names are UTF-8 inside and the platform's characters outside.
std::string fromChars(const Char* text);
Chars toChars(const std::string& text);

/// `A\0B\0\0`; a single NUL for an empty list, as ListReaders gives it.
Chars toMultiString(const std::vector<std::string>& items);
std::vector<std::string> fromMultiString(const Char* text);

/// Writes `data` to `output` by the protocol above. `*length` counts units.
template <typename Unit>
std::uint32_t writeOutput(Allocations& allocations, std::span<const Unit> data, Unit* output,
                          Dword* length) {
  if (length == nullptr) return result::kInvalidParameter;
  const auto needed = static_cast<Dword>(data.size());
  if (*length == kAutoAllocate) {
    if (output == nullptr) return result::kInvalidParameter;
    auto memory = std::make_unique<std::uint8_t[]>(data.size_bytes() + 1);
    if (!data.empty()) std::memcpy(memory.get(), data.data(), data.size_bytes());
    void* address = memory.get();
    // With SCARD_AUTOALLOCATE the argument is really the address of a pointer.
    std::memcpy(static_cast<void*>(output), &address, sizeof address);
    allocations[address] = std::move(memory);
    *length = needed;
    return result::kSuccess;
  }
  const bool fits = output == nullptr || *length >= needed;
  *length = needed;
  if (!fits) return result::kInsufficientBuffer;
  if (output != nullptr && !data.empty()) std::memcpy(output, data.data(), data.size_bytes());
  return result::kSuccess;
}

/// A string without its NUL, or a multi-string with its own: `text` is written with one more NUL.
inline std::uint32_t writeText(Allocations& allocations, const Chars& text, Char* output,
                               Dword* length) {
  return writeOutput<Char>(allocations, std::span(text.c_str(), text.size() + 1), output, length);
}

}  // namespace scard::virtualrm
