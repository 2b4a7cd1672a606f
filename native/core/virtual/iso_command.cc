#include "core/virtual/iso_command.h"

namespace scard::virtualrm::iso {

unsigned Command::channel() const {
  // Further interindustry classes carry channels 4 to 19.
  return (cla & 0xC0U) == 0x40U ? 4 + (cla & 0x0FU) : cla & 0x03U;
}

bool Command::isSecure() const {
  return (cla & 0xC0U) == 0x40U ? (cla & 0x20U) != 0 : (cla & 0x0CU) != 0;
}

namespace {

std::size_t orAll(std::size_t value, std::size_t all) { return value == 0 ? all : value; }

/// Lc, data and Le of an extended command; `rest` begins with the zero byte.
bool parseExtended(Command& command, std::span<const std::uint8_t> rest) {
  command.extended = true;
  const std::size_t first = static_cast<std::size_t>(rest[1]) << 8U | rest[2];
  if (rest.size() == 3) {
    command.expected = orAll(first, 65536);
    return true;
  }
  if (first == 0 || rest.size() < 3 + first) return false;
  command.data.assign(rest.begin() + 3, rest.begin() + 3 + static_cast<std::ptrdiff_t>(first));
  rest = rest.subspan(3 + first);
  if (rest.empty()) return true;
  if (rest.size() != 2) return false;
  command.expected = orAll(static_cast<std::size_t>(rest[0]) << 8U | rest[1], 65536);
  return true;
}

bool parseShort(Command& command, std::span<const std::uint8_t> rest) {
  if (rest.size() == 1) {
    command.expected = orAll(rest[0], 256);
    return true;
  }
  const std::size_t length = rest[0];
  if (length == 0 || rest.size() < 1 + length) return false;
  command.data.assign(rest.begin() + 1, rest.begin() + 1 + static_cast<std::ptrdiff_t>(length));
  rest = rest.subspan(1 + length);
  if (rest.size() > 1) return false;
  if (rest.size() == 1) command.expected = orAll(rest[0], 256);
  return true;
}

}  // namespace

std::optional<Command> parseCommand(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 4) return std::nullopt;
  Command command{bytes[0], bytes[1], bytes[2], bytes[3], {}, std::nullopt, false};
  const std::span<const std::uint8_t> rest = bytes.subspan(4);
  if (rest.empty()) return command;
  const bool fits =
      rest.size() >= 3 && rest[0] == 0 ? parseExtended(command, rest) : parseShort(command, rest);
  return fits ? std::optional(std::move(command)) : std::nullopt;
}

std::optional<unsigned> takeTag(std::span<const std::uint8_t>& bytes) {
  if (bytes.empty()) return std::nullopt;
  unsigned tag = bytes[0];
  std::size_t length = 1;
  if ((tag & 0x1FU) == 0x1FU) {
    do {
      if (length == bytes.size() || tag > 0xFFFFU) return std::nullopt;
      tag = tag << 8U | bytes[length++];
    } while ((tag & 0x80U) != 0);
  }
  bytes = bytes.subspan(length);
  return tag;
}

namespace {

std::optional<std::size_t> takeLength(std::span<const std::uint8_t>& bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::uint8_t first = bytes[0];
  bytes = bytes.subspan(1);
  if (first <= 0x7F) return first;
  const std::size_t count = first & 0x7FU;
  if (count == 0 || count > 3 || count > bytes.size()) return std::nullopt;
  std::size_t length = 0;
  for (const std::uint8_t byte : bytes.first(count)) length = length << 8U | byte;
  bytes = bytes.subspan(count);
  return length;
}

}  // namespace

std::optional<DataObject> takeObject(std::span<const std::uint8_t>& bytes) {
  std::span<const std::uint8_t> rest = bytes;
  const std::optional<unsigned> tag = takeTag(rest);
  const std::optional<std::size_t> length = tag ? takeLength(rest) : std::nullopt;
  if (!length || *length > rest.size()) return std::nullopt;
  bytes = rest.subspan(*length);
  return DataObject{*tag, rest.first(*length)};
}

void appendObject(Bytes& bytes, unsigned tag, std::span<const std::uint8_t> value) {
  for (unsigned shift = 16; shift > 0; shift -= 8) {
    if (tag >> shift != 0) bytes.push_back(static_cast<std::uint8_t>(tag >> shift));
  }
  bytes.push_back(static_cast<std::uint8_t>(tag));
  const std::size_t length = value.size();
  if (length > 0xFFFF) {
    bytes.push_back(0x83);
    bytes.push_back(static_cast<std::uint8_t>(length >> 16U));
    bytes.push_back(static_cast<std::uint8_t>(length >> 8U));
  } else if (length > 0xFF) {
    bytes.push_back(0x82);
    bytes.push_back(static_cast<std::uint8_t>(length >> 8U));
  } else if (length > 0x7F) {
    bytes.push_back(0x81);
  }
  bytes.push_back(static_cast<std::uint8_t>(length));
  bytes.insert(bytes.end(), value.begin(), value.end());
}

}  // namespace scard::virtualrm::iso
