// GET DATA and PUT DATA, ISO/IEC 7816-4 11.4.
#include "core/virtual/iso_applet.h"

namespace scard::virtualrm::iso {

namespace {

constexpr unsigned kTagList = 0x5C;

/// P1 and P2 below this name no tag: such a one has to be in the data field, with odd INS.
constexpr unsigned kLowestPlainTag = 0x40;

/// The tags of a tag list; nothing when it is malformed, or there is none.
std::optional<std::vector<unsigned>> listedTags(const Bytes& data) {
  std::span<const std::uint8_t> rest = data;
  const std::optional<DataObject> list = takeObject(rest);
  if (!list || list->tag != kTagList || list->value.empty() || !rest.empty()) return std::nullopt;
  std::vector<unsigned> tags;
  for (rest = list->value; !rest.empty();) {
    const std::optional<unsigned> tag = takeTag(rest);
    if (!tag) return std::nullopt;
    tags.push_back(*tag);
  }
  return tags;
}

}  // namespace

Reply Applet::getData(const Command& command, Channel& channel) {
  if (command.isOdd()) return getListedData(command, channel);
  if (command.p1p2() < kLowestPlainTag) return say(sw::kWrongP1P2);
  const auto found = objects_.find(static_cast<std::uint16_t>(command.p1p2()));
  if (found == objects_.end()) return say(sw::kReferenceNotFound);
  if (!allows(found->second.read, channel)) return say(sw::kSecurityStatus);
  if (!command.expected) return say(sw::kWrongLength);
  return {sw::kOk, found->second.value};
}

/// The data objects of a tag list, one after the other; those that there are.
Reply Applet::getListedData(const Command& command, Channel& channel) {
  const std::optional<std::vector<unsigned>> tags = listedTags(command.data);
  if (!tags) return say(sw::kWrongData);
  Reply reply;
  for (const unsigned tag : *tags) {
    const auto found =
        tag > 0xFFFF ? objects_.end() : objects_.find(static_cast<std::uint16_t>(tag));
    if (found == objects_.end()) continue;
    if (!allows(found->second.read, channel)) return say(sw::kSecurityStatus);
    appendObject(reply.data, tag, found->second.value);
  }
  if (reply.data.empty()) return say(sw::kReferenceNotFound);
  return command.expected ? reply : say(sw::kWrongLength);
}

Reply Applet::putData(const Command& command, Channel& channel) {
  auto tag = static_cast<std::uint16_t>(command.p1p2());
  Bytes value = command.data;
  if (command.isOdd()) {
    std::span<const std::uint8_t> rest = command.data;
    const std::optional<DataObject> object = takeObject(rest);
    if (!object || object->tag > 0xFFFF || !rest.empty()) return say(sw::kWrongData);
    tag = static_cast<std::uint16_t>(object->tag);
    value.assign(object->value.begin(), object->value.end());
  } else if (tag < kLowestPlainTag) {
    return say(sw::kWrongP1P2);
  }
  const auto found = objects_.find(tag);
  if (found == objects_.end()) return say(sw::kReferenceNotFound);
  if (!allows(found->second.update, channel)) return say(sw::kSecurityStatus);
  found->second.value = std::move(value);
  return say(sw::kOk);
}

}  // namespace scard::virtualrm::iso
