// A command APDU taken apart (ISO/IEC 7816-3, 12.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace vcard {

using Bytes = std::vector<std::uint8_t>;

struct Command {
  std::uint8_t cla = 0;
  std::uint8_t ins = 0;
  std::uint8_t p1 = 0;
  std::uint8_t p2 = 0;
  Bytes data;
  /// Bytes wanted, 0 when the command carries no Le; at most 65536.
  std::size_t le = 0;

  std::size_t p1p2() const { return static_cast<std::size_t>(p1) << 8 | p2; }
};

/// Nothing when the lengths do not add up.
std::optional<Command> parseCommand(const Bytes& apdu);

}  // namespace vcard
