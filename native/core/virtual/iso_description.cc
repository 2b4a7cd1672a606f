#include "core/virtual/iso_description.h"

#include <set>

namespace scard::virtualrm::iso {

namespace {

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
  if (file.records.size() > 254) return "has more than 254 records";
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

std::string describeTreeFault(const FileDescription& df) {
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
    const std::string below = describeTreeFault(child);
    if (!below.empty()) return below;
  }
  return {};
}

}  // namespace

std::string describeFault(const CardDescription& card) {
  if (card.atr.size() < 2 || card.atr.size() > 33) return "The ATR is 2 to 33 bytes long";
  if (card.mf.kind != FileKind::kDf) return "The MF is a DF";
  if (card.channels < 1 || card.channels > 20) return "A card has 1 to 20 logical channels";
  std::set<std::uint8_t> pins;
  for (const PinDescription& pin : card.pins) {
    if (!pins.insert(pin.reference).second) return "Two PINs have the same reference";
    if (pin.maxTries == 0 || pin.maxTries > 15) return "A PIN has 1 to 15 tries";
    if (pin.value.empty()) return "A PIN has a value";
  }
  std::set<std::uint8_t> keys;
  for (const KeyDescription& key : card.keys) {
    if (!keys.insert(key.reference).second) return "Two keys have the same reference";
    if (key.value.empty()) return "A key has a value";
  }
  return describeTreeFault(card.mf);
}

}  // namespace scard::virtualrm::iso
