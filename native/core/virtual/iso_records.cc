// READ, WRITE, UPDATE, APPEND and ERASE RECORD, ISO/IEC 7816-4 11.3.
#include <algorithm>

#include "core/virtual/iso_applet.h"

namespace scard::virtualrm::iso {

namespace {

/// How P1 and P2 name a record.
enum Mode : std::uint8_t {
  kFirst = 0,
  kLast = 1,
  kNext = 2,
  kPrevious = 3,
  kNumber = 4,
  kFromNumber = 5,
  kToNumber = 6,
};

/// Whether the record has the identifier of P1; 0 stands for any.
bool hasIdentifier(const File& file, std::size_t number, std::uint8_t identifier) {
  if (identifier == 0) return true;
  const Bytes& record = file.records[number - 1];
  return file.description.tlvRecords && !record.empty() && record.front() == identifier;
}

/// The first number from `start` on, going by `step`, whose record has the identifier; 0: none.
std::size_t seek(const File& file, std::size_t start, std::ptrdiff_t step,
                 std::uint8_t identifier) {
  const auto count = static_cast<std::ptrdiff_t>(file.records.size());
  for (auto number = static_cast<std::ptrdiff_t>(start); number >= 1 && number <= count;
       number += step) {
    if (hasIdentifier(file, static_cast<std::size_t>(number), identifier))
      return static_cast<std::size_t>(number);
  }
  return 0;
}

}  // namespace

Reply Applet::locateRecordFile(const Command& command, Channel& channel, bool updates,
                               File*& file) const {
  const auto identifier = static_cast<std::uint8_t>(command.p2 >> 3U);
  if (identifier == 0x1F) return say(sw::kWrongP1P2);
  file = identifier == 0 ? channel.ef : childByShortIdentifier(*channel.df, identifier);
  if (file == nullptr) return say(identifier == 0 ? sw::kNoCurrentEf : sw::kFileNotFound);
  if (!file->hasRecords()) return say(sw::kWrongFileType);
  const Access& access = updates ? file->description.update : file->description.read;
  if (!allows(access, channel)) return say(sw::kSecurityStatus);
  if (channel.ef != file) {
    channel.ef = file;
    channel.record = 0;
  }
  return say(sw::kOk);
}

Reply Applet::findRecord(const Command& command, Channel& channel, const File& file,
                         std::size_t& number) {
  const std::size_t count = file.records.size();
  const std::size_t current = channel.record;
  switch (command.p2 & 0x07U) {
    case kFirst:
      number = seek(file, 1, 1, command.p1);
      break;
    case kLast:
      number = seek(file, count, -1, command.p1);
      break;
    case kNext:
      number = seek(file, current + 1, 1, command.p1);
      break;
    case kPrevious:
      number = seek(file, current == 0 ? count : current - 1, -1, command.p1);
      break;
    case kNumber:
    case kFromNumber:
    case kToNumber:
      number = command.p1 == 0 ? current : command.p1;
      break;
    default:
      return say(sw::kWrongP1P2);
  }
  if (number == 0 || number > count) return say(sw::kRecordNotFound);
  // A record that is named by its number does not become current.
  if ((command.p2 & 0x04U) == 0) channel.record = number;
  return say(sw::kOk);
}

Reply Applet::readRecord(const Command& command, Channel& channel) {
  File* file = nullptr;
  if (const Reply found = locateRecordFile(command, channel, false, file); found.status != sw::kOk)
    return found;
  std::size_t number = 0;
  if (const Reply found = findRecord(command, channel, *file, number); found.status != sw::kOk)
    return found;
  if (!command.expected) return say(sw::kWrongLength);
  Bytes bytes;
  const auto append = [&](std::size_t which) {
    const Bytes& record = file->records[which - 1];
    bytes.insert(bytes.end(), record.begin(), record.end());
  };
  const unsigned mode = command.p2 & 0x07U;
  if (mode == kFromNumber) {
    for (std::size_t each = number; each <= file->records.size(); ++each) append(each);
  } else if (mode == kToNumber) {
    for (std::size_t each = file->records.size(); each >= number; --each) append(each);
  } else {
    append(number);
  }
  // An Le of 00 asks for everything, in parts if need be; another one for no more than it says.
  const bool everything = *command.expected == 256 || *command.expected == 65536;
  if (!everything && bytes.size() > *command.expected) bytes.resize(*command.expected);
  return {sw::kOk, std::move(bytes)};
}

/// UPDATE (DC) replaces a record, WRITE (D2) ORs into it.
Reply Applet::changeRecord(const Command& command, Channel& channel) {
  constexpr std::uint8_t kWriteRecord = 0xD2;
  File* file = nullptr;
  if (const Reply found = locateRecordFile(command, channel, true, file); found.status != sw::kOk)
    return found;
  if (command.data.empty()) return say(sw::kWrongLength);
  if (file->hasFixedRecords() && command.data.size() != file->recordSize())
    return say(sw::kWrongLength);
  // PREVIOUS on a cyclic file overwrites the oldest record, which becomes the newest.
  const unsigned mode = command.p2 & 0x07U;
  if (mode == kPrevious && file->isCyclic()) return addRecord(*file, command.data, channel);
  if (mode > kNumber) return say(sw::kWrongP1P2);
  std::size_t number = 0;
  if (const Reply found = findRecord(command, channel, *file, number); found.status != sw::kOk)
    return found;
  Bytes& record = file->records[number - 1];
  if (command.ins != kWriteRecord) {
    record = command.data;
    return say(sw::kOk);
  }
  record.resize(std::max(record.size(), command.data.size()), 0);
  for (std::size_t i = 0; i < command.data.size(); ++i) record[i] |= command.data[i];
  return say(sw::kOk);
}

Reply Applet::appendRecord(const Command& command, Channel& channel) {
  if (command.p1 != 0 || (command.p2 & 0x07U) != 0) return say(sw::kWrongP1P2);
  File* file = nullptr;
  if (const Reply found = locateRecordFile(command, channel, true, file); found.status != sw::kOk)
    return found;
  if (command.data.empty()) return say(sw::kWrongLength);
  if (file->hasFixedRecords() && command.data.size() != file->recordSize())
    return say(sw::kWrongLength);
  return addRecord(*file, command.data, channel);
}

/// The new record becomes current. Record 1 of a cyclic file is the newest; its oldest makes room.
Reply Applet::addRecord(File& file, const Bytes& record, Channel& channel) {
  std::vector<Bytes>& records = file.records;
  const bool full = records.size() >= file.maxRecords();
  if (file.isCyclic()) {
    if (full && !records.empty()) records.pop_back();
    records.insert(records.begin(), record);
    channel.record = 1;
    return say(sw::kOk);
  }
  if (full) return say(sw::kNotEnoughMemory);
  records.push_back(record);
  channel.record = records.size();
  return say(sw::kOk);
}

/// Clears one record, or all from it on.
Reply Applet::eraseRecord(const Command& command, Channel& channel) {
  File* file = nullptr;
  if (const Reply found = locateRecordFile(command, channel, true, file); found.status != sw::kOk)
    return found;
  const unsigned mode = command.p2 & 0x07U;
  if (mode != kNumber && mode != kFromNumber) return say(sw::kWrongP1P2);
  const std::size_t number = command.p1 == 0 ? channel.record : command.p1;
  if (number == 0 || number > file->records.size()) return say(sw::kRecordNotFound);
  const std::size_t last = mode == kNumber ? number : file->records.size();
  for (std::size_t each = number; each <= last; ++each)
    std::ranges::fill(file->records[each - 1], std::uint8_t{0});
  return say(sw::kOk);
}

}  // namespace scard::virtualrm::iso
