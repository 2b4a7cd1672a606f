#include "core/virtual/iso_files.h"

#include <algorithm>

namespace scard::virtualrm::iso {

std::size_t File::capacity() const { return std::max(description.capacity, content.size()); }

std::size_t File::recordSize() const {
  if (description.recordSize != 0) return description.recordSize;
  return records.empty() ? 0 : records.front().size();
}

std::size_t File::maxRecords() const { return std::max(description.maxRecords, records.size()); }

bool File::contains(const File* file) const {
  for (; file != nullptr; file = file->parent) {
    if (file == this) return true;
  }
  return false;
}

std::unique_ptr<File> makeFile(const FileDescription& description, File* parent) {
  auto file = std::make_unique<File>();
  file->description = description;
  file->description.children.clear();
  file->parent = parent;
  file->content = description.content;
  file->records = description.records;
  if (parent == nullptr) file->description.identifier = 0x3F00;
  for (const FileDescription& child : description.children)
    file->children.push_back(makeFile(child, file.get()));
  return file;
}

File* childByIdentifier(const File& df, std::uint16_t identifier) {
  for (const auto& child : df.children) {
    if (child->description.identifier == identifier) return child.get();
  }
  return nullptr;
}

File* childByShortIdentifier(const File& df, std::uint8_t identifier) {
  for (const auto& child : df.children) {
    if (!child->isDf() && child->description.shortIdentifier == identifier) return child.get();
  }
  return nullptr;
}

namespace {

void collect(File& df, std::vector<File*>& found) {
  found.push_back(&df);
  for (const auto& child : df.children) {
    if (child->isDf()) collect(*child, found);
  }
}

/// File descriptor byte, ISO/IEC 7816-4 table 14.
std::uint8_t descriptorByte(const File& file) {
  const bool tlv = file.description.tlvRecords;
  switch (file.description.kind) {
    case FileKind::kTransparent:
      return 0x01;
    case FileKind::kLinearFixed:
      return tlv ? 0x03 : 0x02;
    case FileKind::kLinearVariable:
      return tlv ? 0x05 : 0x04;
    case FileKind::kCyclic:
      return tlv ? 0x07 : 0x06;
    default:
      return 0x38;
  }
}

Bytes bigEndian(std::size_t value) {
  return {static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
}

std::size_t sizeOf(const File& file) {
  if (!file.hasRecords()) return file.capacity();
  std::size_t size = 0;
  for (const Bytes& record : file.records) size += record.size();
  return size;
}

}  // namespace

std::vector<File*> directories(File& mf) {
  std::vector<File*> found;
  collect(mf, found);
  return found;
}

Bytes controlParameters(const File& file) {
  Bytes bytes;
  if (!file.isDf()) appendObject(bytes, 0x80, bigEndian(sizeOf(file)));
  Bytes descriptor{descriptorByte(file)};
  if (file.hasRecords()) {
    // Data coding byte, largest record, number of records.
    descriptor.push_back(0x21);
    std::size_t largest = file.hasFixedRecords() ? file.recordSize() : 0;
    for (const Bytes& record : file.records) largest = std::max(largest, record.size());
    for (const std::uint8_t byte : bigEndian(largest)) descriptor.push_back(byte);
    descriptor.push_back(static_cast<std::uint8_t>(file.records.size()));
  }
  appendObject(bytes, 0x82, descriptor);
  appendObject(bytes, 0x83, bigEndian(file.description.identifier));
  if (!file.description.name.empty()) appendObject(bytes, 0x84, file.description.name);
  if (!file.isDf() && file.description.shortIdentifier != 0)
    appendObject(bytes, 0x88,
                 Bytes{static_cast<std::uint8_t>(file.description.shortIdentifier << 3)});
  // Operational state, activated.
  appendObject(bytes, 0x8A, Bytes{0x05});
  return bytes;
}

}  // namespace scard::virtualrm::iso
