#include "command.h"

#include <iterator>
#include <utility>

namespace vcard {
namespace {

std::size_t u16(const Bytes& bytes, std::size_t at) {
  return static_cast<std::size_t>(bytes[at]) << 8 | bytes[at + 1];
}

Bytes slice(const Bytes& bytes, std::size_t from, std::size_t length) {
  const auto begin = std::next(bytes.begin(), static_cast<std::ptrdiff_t>(from));
  return Bytes(begin, std::next(begin, static_cast<std::ptrdiff_t>(length)));
}

std::optional<Command> parseShort(Command command, const Bytes& apdu) {
  const std::size_t first = apdu[4];
  if (apdu.size() == 5) {
    command.le = first == 0 ? 256 : first;
    return command;
  }
  const std::size_t end = 5 + first;
  if (first == 0 || (apdu.size() != end && apdu.size() != end + 1)) return std::nullopt;
  command.data = slice(apdu, 5, first);
  if (apdu.size() == end + 1) command.le = apdu[end] == 0 ? 256 : apdu[end];
  return command;
}

std::optional<Command> parseExtended(Command command, const Bytes& apdu) {
  const std::size_t first = u16(apdu, 5);
  if (apdu.size() == 7) {
    command.le = first == 0 ? 65536 : first;
    return command;
  }
  const std::size_t end = 7 + first;
  if (first == 0 || (apdu.size() != end && apdu.size() != end + 2)) return std::nullopt;
  command.data = slice(apdu, 7, first);
  if (apdu.size() == end + 2) {
    const std::size_t le = u16(apdu, end);
    command.le = le == 0 ? 65536 : le;
  }
  return command;
}

}  // namespace

std::optional<Command> parseCommand(const Bytes& apdu) {
  if (apdu.size() < 4) return std::nullopt;
  Command command{apdu[0], apdu[1], apdu[2], apdu[3], {}, 0};
  if (apdu.size() == 4) return command;
  const bool extended = apdu[4] == 0 && apdu.size() >= 7;
  return extended ? parseExtended(std::move(command), apdu) : parseShort(std::move(command), apdu);
}

}  // namespace vcard
