// GET DATA and PUT DATA, ISO/IEC 7816-4 11.4.
#include "core/virtual/iso_applet.h"

namespace scard::virtualrm::iso {

namespace {

constexpr unsigned kTagList = 0x5C;

/// The one tag of a tag list; nothing when there is none or it has several.
std::optional<std::uint16_t> listedTag(const Bytes& data) {
  std::span<const std::uint8_t> rest = data;
  const std::optional<DataObject> list = takeObject(rest);
  if (!list || list->tag != kTagList || !rest.empty()) return std::nullopt;
  if (list->value.size() == 1) return list->value[0];
  if (list->value.size() != 2) return std::nullopt;
  return static_cast<std::uint16_t>(list->value[0] << 8 | list->value[1]);
}

}  // namespace

Reply Applet::getData(const Command& command, Channel& channel) {
  auto tag = static_cast<std::uint16_t>(command.p1p2());
  if (command.isOdd()) {
    const std::optional<std::uint16_t> listed = listedTag(command.data);
    if (!listed) return say(sw::kWrongData);
    tag = *listed;
  }
  const auto found = objects_.find(tag);
  if (found == objects_.end()) return say(sw::kReferenceNotFound);
  if (!allows(found->second.read, channel)) return say(sw::kSecurityStatus);
  if (!command.expected) return say(sw::kWrongLength);
  if (!command.isOdd()) return {sw::kOk, found->second.value};
  Bytes wrapped;
  appendObject(wrapped, tag, found->second.value);
  return {sw::kOk, std::move(wrapped)};
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
  }
  if (tag < 0x40) return say(sw::kWrongP1P2);
  const auto found = objects_.find(tag);
  if (found == objects_.end()) return say(sw::kReferenceNotFound);
  if (!allows(found->second.update, channel)) return say(sw::kSecurityStatus);
  found->second.value = std::move(value);
  return say(sw::kOk);
}

}  // namespace scard::virtualrm::iso
