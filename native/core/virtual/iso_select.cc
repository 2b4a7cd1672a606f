// SELECT, ISO/IEC 7816-4 11.1.1.
#include <algorithm>

#include "core/virtual/iso_applet.h"

namespace scard::virtualrm::iso {

namespace {

constexpr std::uint16_t kMasterFile = 0x3F00;

enum Selection : std::uint8_t {
  kByIdentifier = 0x00,
  kChildDf = 0x01,
  kChildEf = 0x02,
  kParentDf = 0x03,
  kByName = 0x04,
  kPathFromMf = 0x08,
  kPathFromDf = 0x09,
};

std::uint16_t identifierIn(const Bytes& data, std::size_t at) {
  return static_cast<std::uint16_t>(data[at] << 8 | data[at + 1]);
}

/// FCI, FCP or nothing, as P2 asks.
Bytes describe(const File& file, std::uint8_t p2) {
  const Bytes parameters = controlParameters(file);
  Bytes bytes;
  switch (p2 & 0x0CU) {
    case 0x00:
      appendObject(bytes, 0x6F, parameters);
      break;
    case 0x04:
      appendObject(bytes, 0x62, parameters);
      break;
    case 0x08:
      appendObject(bytes, 0x64, {});
      break;
    default:
      break;
  }
  return bytes;
}

}  // namespace

File* Applet::findByIdentifier(const Command& command, const Channel& channel,
                               std::uint16_t id) const {
  File& df = *channel.df;
  if (command.p1 == kChildDf || command.p1 == kChildEf) {
    File* child = childByIdentifier(df, id);
    return child != nullptr && child->isDf() == (command.p1 == kChildDf) ? child : nullptr;
  }
  if (id == kMasterFile) return mf_.get();
  if (df.description.identifier == id) return &df;
  if (File* child = childByIdentifier(df, id)) return child;
  if (df.parent == nullptr) return nullptr;
  if (df.parent->description.identifier == id) return df.parent;
  File* sibling = childByIdentifier(*df.parent, id);
  return sibling != nullptr && sibling->isDf() ? sibling : nullptr;
}

File* Applet::findByPath(const File& start, const Bytes& path) const {
  const File* df = &start;
  File* found = nullptr;
  for (std::size_t at = 0; at + 1 < path.size(); at += 2) {
    const std::uint16_t id = identifierIn(path, at);
    found = at == 0 && id == kMasterFile ? mf_.get() : childByIdentifier(*df, id);
    if (found == nullptr) return nullptr;
    df = found;
  }
  return found;
}

/// Full or partial DF name; first, last, next or previous match.
File* Applet::findByName(const Command& command, const Channel& channel) const {
  std::vector<File*> matches;
  std::optional<std::size_t> current;
  for (File* df : directories(*mf_)) {
    const Bytes& name = df->description.name;
    const bool named = !name.empty() && command.data.size() <= name.size() &&
                       std::equal(command.data.begin(), command.data.end(), name.begin());
    if (!named) continue;
    if (df == channel.df) current = matches.size();
    matches.push_back(df);
  }
  if (matches.empty()) return nullptr;
  switch (command.p2 & 0x03U) {
    case 0:
      return matches.front();
    case 1:
      return matches.back();
    case 2:
      if (!current) return matches.front();
      return *current + 1 < matches.size() ? matches[*current + 1] : nullptr;
    default:
      if (!current) return matches.back();
      return *current > 0 ? matches[*current - 1] : nullptr;
  }
}

void Applet::enter(Channel& channel, File& file) const {
  File* df = file.isDf() ? &file : file.parent;
  channel.ef = file.isDf() ? nullptr : &file;
  channel.record = 0;
  if (df == channel.df) return;
  // What was proven for a DF holds in it and below, not beside it.
  const auto isLeft = [df](const Proofs::value_type& proof) {
    return (proof.first & 0x80U) != 0 && !proof.second->contains(df);
  };
  std::erase_if(channel.verifiedPins, isLeft);
  std::erase_if(channel.provenKeys, isLeft);
  channel.df = df;
}

Reply Applet::select(const Command& command, Channel& channel) {
  File* found = nullptr;
  const Bytes& data = command.data;
  switch (command.p1) {
    case kByIdentifier:
    case kChildDf:
    case kChildEf:
      if (data.empty() && command.p1 == kByIdentifier) {
        found = mf_.get();
      } else if (data.size() == 2) {
        found = findByIdentifier(command, channel, identifierIn(data, 0));
      } else {
        return say(sw::kWrongLength);
      }
      break;
    case kParentDf:
      if (!data.empty()) return say(sw::kWrongLength);
      found = channel.df->parent;
      break;
    case kByName:
      if (data.size() > 16) return say(sw::kWrongLength);
      found = findByName(command, channel);
      break;
    case kPathFromMf:
    case kPathFromDf:
      if (data.empty() || data.size() % 2 != 0) return say(sw::kWrongLength);
      found = findByPath(command.p1 == kPathFromMf ? *mf_ : *channel.df, data);
      break;
    default:
      return say(sw::kWrongP1P2);
  }
  if (found == nullptr) return say(sw::kFileNotFound);
  enter(channel, *found);
  return {sw::kOk, describe(*found, command.p2)};
}

/// TCOS's listing of the current DF: the identifiers of its DFs (P1 1) or EFs (P1 2).
Reply Applet::listFiles(const Command& command, Dword protocol) {
  constexpr std::uint8_t kTcosClass = 0x80;
  constexpr std::uint8_t kListFiles = 0xAA;
  if (!description_.tcosListing || command.cla != kTcosClass) return say(sw::kClaNotSupported);
  if (command.ins != kListFiles) return say(sw::kInsNotSupported);
  if ((command.p1 != 1 && command.p1 != 2) || command.p2 != 0) return say(sw::kWrongP1P2);
  Reply reply;
  for (const auto& child : channels_.at(0).df->children) {
    if (child->isDf() != (command.p1 == 1)) continue;
    reply.data.push_back(static_cast<std::uint8_t>(child->description.identifier >> 8U));
    reply.data.push_back(static_cast<std::uint8_t>(child->description.identifier));
  }
  if (reply.data.empty()) return say(sw::kFileNotFound);
  channels_.at(0).remaining.clear();
  return deliver(std::move(reply), command, protocol);
}

}  // namespace scard::virtualrm::iso
