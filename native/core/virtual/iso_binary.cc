// READ, WRITE, UPDATE and ERASE BINARY, ISO/IEC 7816-4 11.2, with even and odd INS.
#include <algorithm>

#include "core/virtual/iso_applet.h"

namespace scard::virtualrm::iso {

namespace {

constexpr unsigned kOffsetObject = 0x54;
constexpr unsigned kDiscretionaryData = 0x53;

std::optional<std::size_t> offsetIn(const DataObject& object) {
  if (object.tag != kOffsetObject || object.value.empty() || object.value.size() > 3)
    return std::nullopt;
  std::size_t offset = 0;
  for (const std::uint8_t byte : object.value) offset = offset << 8U | byte;
  return offset;
}

/// Most content of a discretionary data object of `length` bytes.
std::size_t contentIn(std::size_t length) {
  const auto header = [](std::size_t content) {
    return content > 0xFF ? 4U : content > 0x7F ? 3U : 2U;
  };
  std::size_t content = length;
  while (content > 0 && content + header(content) > length) --content;
  return content;
}

}  // namespace

struct Applet::BinaryTarget {
  File* file = nullptr;
  std::size_t offset = 0;
  Bytes data;
};

/// Finds the file and offset a command is about, and makes the file current.
Reply Applet::locateBinary(const Command& command, Channel& channel, BinaryTarget& target) {
  target.data = command.data;
  if (command.isOdd()) {
    const unsigned p1p2 = command.p1p2();
    if (p1p2 == 0) {
      target.file = channel.ef;
    } else if (p1p2 < 0x1F) {
      target.file = childByShortIdentifier(*channel.df, static_cast<std::uint8_t>(p1p2));
    } else {
      target.file = childByIdentifier(*channel.df, static_cast<std::uint16_t>(p1p2));
    }
    std::span<const std::uint8_t> rest = command.data;
    const std::optional<DataObject> object = takeObject(rest);
    const std::optional<std::size_t> offset = object ? offsetIn(*object) : std::nullopt;
    if (!offset) return say(sw::kWrongData);
    target.offset = *offset;
    target.data.clear();
    if (const std::optional<DataObject> data = takeObject(rest))
      target.data.assign(data->value.begin(), data->value.end());
    if (p1p2 != 0 && target.file == nullptr) return say(sw::kFileNotFound);
  } else if ((command.p1 & 0x80U) != 0) {
    const auto identifier = static_cast<std::uint8_t>(command.p1 & 0x7FU);
    if (identifier > 30) return say(sw::kWrongP1P2);
    // 0 stands for the current EF (ISO/IEC 7816-4 7.3.2).
    target.file = identifier == 0 ? channel.ef : childByShortIdentifier(*channel.df, identifier);
    target.offset = command.p2;
    if (identifier != 0 && target.file == nullptr) return say(sw::kFileNotFound);
  } else {
    target.file = channel.ef;
    target.offset = command.p1p2();
  }
  if (target.file == nullptr) return say(sw::kNoCurrentEf);
  if (!target.file->isTransparent()) return say(sw::kWrongFileType);
  channel.ef = target.file;
  return say(sw::kOk);
}

Reply Applet::readBinary(const Command& command, Channel& channel) {
  BinaryTarget target;
  if (const Reply found = locateBinary(command, channel, target); found.status != sw::kOk)
    return found;
  if (!allows(target.file->description.read, channel)) return say(sw::kSecurityStatus);
  if (!command.expected) return say(sw::kWrongLength);
  const Bytes& content = target.file->content;
  if (target.offset > content.size()) return say(sw::kWrongOffset);
  const std::size_t left = content.size() - target.offset;
  const bool toTheEnd = *command.expected == 256 || *command.expected == 65536;
  // With odd INS, Le counts the data object that the content comes in.
  const std::size_t room = command.isOdd() ? contentIn(*command.expected) : *command.expected;
  const std::size_t taken = std::min(left, room);
  const auto begin = content.begin() + static_cast<std::ptrdiff_t>(target.offset);
  Bytes bytes(begin, begin + static_cast<std::ptrdiff_t>(taken));
  const std::uint16_t status = taken == room || toTheEnd ? sw::kOk : sw::kEndOfFile;
  if (!command.isOdd()) return {status, std::move(bytes)};
  Bytes wrapped;
  appendObject(wrapped, kDiscretionaryData, bytes);
  return {status, std::move(wrapped)};
}

Reply Applet::writeBinary(const Command& command, Channel& channel) {
  BinaryTarget target;
  if (const Reply found = locateBinary(command, channel, target); found.status != sw::kOk)
    return found;
  if (!allows(target.file->description.update, channel)) return say(sw::kSecurityStatus);
  if (target.data.empty()) return say(sw::kWrongLength);
  Bytes& content = target.file->content;
  if (target.offset + target.data.size() > target.file->capacity())
    return say(sw::kNotEnoughMemory);
  content.resize(std::max(content.size(), target.offset + target.data.size()), 0);
  // Data coding byte 21: WRITE is a logical OR.
  for (std::size_t i = 0; i < target.data.size(); ++i) content[target.offset + i] |= target.data[i];
  return say(sw::kOk);
}

Reply Applet::updateBinary(const Command& command, Channel& channel) {
  BinaryTarget target;
  if (const Reply found = locateBinary(command, channel, target); found.status != sw::kOk)
    return found;
  if (!allows(target.file->description.update, channel)) return say(sw::kSecurityStatus);
  if (target.data.empty()) return say(sw::kWrongLength);
  Bytes& content = target.file->content;
  if (target.offset > target.file->capacity()) return say(sw::kWrongOffset);
  if (target.offset + target.data.size() > target.file->capacity())
    return say(sw::kNotEnoughMemory);
  content.resize(std::max(content.size(), target.offset + target.data.size()), 0);
  std::ranges::copy(target.data, content.begin() + static_cast<std::ptrdiff_t>(target.offset));
  return say(sw::kOk);
}

/// Erases from the offset to the end, or to the offset in the data field.
Reply Applet::eraseBinary(const Command& command, Channel& channel) {
  BinaryTarget target;
  std::size_t end = SIZE_MAX;
  if (command.isOdd()) {
    // 0F takes the first offset, and an optional second one.
    std::span<const std::uint8_t> rest = command.data;
    takeObject(rest);
    if (const std::optional<DataObject> second = takeObject(rest)) {
      const std::optional<std::size_t> offset = offsetIn(*second);
      if (!offset) return say(sw::kWrongData);
      end = *offset;
    }
  } else if (!command.data.empty()) {
    if (command.data.size() > 3) return say(sw::kWrongLength);
    end = 0;
    for (const std::uint8_t byte : command.data) end = end << 8U | byte;
  }
  if (const Reply found = locateBinary(command, channel, target); found.status != sw::kOk)
    return found;
  if (!allows(target.file->description.update, channel)) return say(sw::kSecurityStatus);
  Bytes& content = target.file->content;
  if (target.offset >= content.size() || end <= target.offset) return say(sw::kWrongOffset);
  std::fill(content.begin() + static_cast<std::ptrdiff_t>(target.offset),
            content.begin() + static_cast<std::ptrdiff_t>(std::min(end, content.size())),
            std::uint8_t{0x00});
  return say(sw::kOk);
}

}  // namespace scard::virtualrm::iso
