// The file tree of a card at work.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/virtual/iso_command.h"
#include "core/virtual/iso_description.h"

namespace scard::virtualrm::iso {

struct File {
  FileDescription description;
  File* parent = nullptr;
  std::vector<std::unique_ptr<File>> children;
  Bytes content;
  std::vector<Bytes> records;

  bool isDf() const { return description.kind == FileKind::kDf; }
  bool isTransparent() const { return description.kind == FileKind::kTransparent; }
  bool hasRecords() const { return !isDf() && !isTransparent(); }
  bool isCyclic() const { return description.kind == FileKind::kCyclic; }
  bool hasFixedRecords() const { return isCyclic() || description.kind == FileKind::kLinearFixed; }
  std::size_t capacity() const;
  std::size_t recordSize() const;
  std::size_t maxRecords() const;
  /// Whether `file` is this DF or somewhere below it.
  bool contains(const File* file) const;
};

/// Builds the tree below `description`.
std::unique_ptr<File> makeFile(const FileDescription& description, File* parent);

File* childByIdentifier(const File& df, std::uint16_t identifier);
File* childByShortIdentifier(const File& df, std::uint8_t identifier);
/// All DFs, the MF first, parents before children.
std::vector<File*> directories(File& mf);

/// File control parameters of a file, without their template.
Bytes controlParameters(const File& file);

}  // namespace scard::virtualrm::iso
