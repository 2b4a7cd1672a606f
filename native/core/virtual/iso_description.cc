#include "core/virtual/iso_description.h"

#include <set>
#include <string>

namespace scard::virtualrm::iso {

namespace {

constexpr std::size_t kMostRecords = 254;

std::string hexId(unsigned value) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (int shift = 12; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 0x0FU];
  return text;
}

std::string describeRecordFault(const FileDescription& file) {
  const bool fixed = file.kind != FileKind::kLinearVariable;
  const std::size_t size =
      file.recordSize != 0 || file.records.empty() ? file.recordSize : file.records.front().size();
  if (fixed && size == 0) return "needs a record size";
  if (file.records.size() > kMostRecords || file.maxRecords > kMostRecords)
    return "has more than 254 records";
  for (const Bytes& record : file.records) {
    if (record.empty()) return "has an empty record";
    if (fixed && record.size() != size) return "has records of different sizes";
  }
  return {};
}

std::string describeFileFault(const FileDescription& file) {
  if (file.kind != FileKind::kDf && !file.children.empty()) return "is no DF but has children";
  if (file.name.size() > 16) return "has a name of more than 16 bytes";
  if (file.shortIdentifier > 30) return "has a short identifier above 30";
  if (file.content.size() > 0xFFFF || file.capacity > 0xFFFF) return "is larger than 65535 bytes";
  if (file.kind != FileKind::kDf && file.kind != FileKind::kTransparent)
    return describeRecordFault(file);
  return {};
}

/// What a description may name, and what it may name once only.
struct Known {
  std::set<std::uint8_t> pins;
  std::set<std::uint8_t> keys;
  // Of strings: GCC 12 warns of what it inlines for a set of vectors.
  std::set<std::string> names;

  bool grants(const Access& access) const {
    if (access.rule == Access::Rule::kPin) return pins.contains(access.reference);
    return access.rule != Access::Rule::kKey || keys.contains(access.reference);
  }
};

std::string describeTreeFault(const FileDescription& df, Known& known) {
  std::set<std::uint16_t> identifiers;
  std::set<std::uint8_t> shortIdentifiers;
  for (const FileDescription& child : df.children) {
    const std::string name = "File " + hexId(child.identifier) + " ";
    const std::string fault = describeFileFault(child);
    if (!fault.empty()) return name + fault;
    if (child.identifier == 0 || child.identifier == 0x3F00 || child.identifier == 0xFFFF)
      return name + "has a reserved identifier";
    if (!identifiers.insert(child.identifier).second) return name + "is there twice";
    if (child.shortIdentifier != 0 && !shortIdentifiers.insert(child.shortIdentifier).second)
      return name + "has a short identifier that is taken";
    if (!child.name.empty() && !known.names.emplace(child.name.begin(), child.name.end()).second)
      return name + "has the name of another DF";
    if (!known.grants(child.read) || !known.grants(child.update))
      return name + "wants a PIN or key that there is not";
    const std::string below = describeTreeFault(child, known);
    if (!below.empty()) return below;
  }
  return {};
}

std::string describePinFault(const PinDescription& pin) {
  if (pin.maxTries == 0 || pin.maxTries > 15) return "A PIN has 1 to 15 tries";
  if (pin.value.empty()) return "A PIN has a value";
  if (pin.value.size() < pin.minLength) return "A PIN is shorter than its least length";
  return {};
}

/// Takes the references of PINs and keys into `known`.
std::string describeSecretsFault(const CardDescription& card, Known& known) {
  for (const PinDescription& pin : card.pins) {
    if (!known.pins.insert(pin.reference).second) return "Two PINs have the same reference";
    const std::string fault = describePinFault(pin);
    if (!fault.empty()) return fault;
  }
  for (const KeyDescription& key : card.keys) {
    if (!known.keys.insert(key.reference).second) return "Two keys have the same reference";
    if (key.value.empty()) return "A key has a value";
  }
  for (const PinDescription& pin : card.pins) {
    if (!known.grants(pin.reset)) return "The reset of a PIN wants a PIN or key that there is not";
  }
  return {};
}

}  // namespace

std::string describeFault(const CardDescription& card) {
  if (card.atr.size() < 2 || card.atr.size() > 33) return "The ATR is 2 to 33 bytes long";
  if (card.mf.kind != FileKind::kDf) return "The MF is a DF";
  if (card.channels < 1 || card.channels > 20) return "A card has 1 to 20 logical channels";
  Known known;
  const std::string fault = describeSecretsFault(card, known);
  if (!fault.empty()) return fault;
  for (const ObjectDescription& object : card.objects) {
    if (!known.grants(object.read) || !known.grants(object.update))
      return "Data object " + hexId(object.tag) + " wants a PIN or key that there is not";
  }
  return describeTreeFault(card.mf, known);
}

}  // namespace scard::virtualrm::iso
