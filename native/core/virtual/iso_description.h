// The plain description that an ISO/IEC 7816-4 card is made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/virtual/card_device.h"

namespace scard::virtualrm::iso {

/// Who may do something with a file or data object.
struct Access {
  enum class Rule : std::uint8_t { kAlways, kNever, kPin, kKey };
  Rule rule = Rule::kAlways;
  /// The PIN or key for kPin and kKey.
  std::uint8_t reference = 0;
};

enum class FileKind : std::uint8_t {
  kDf,
  kTransparent,
  kLinearFixed,
  kLinearVariable,
  kCyclic,
};

/// A file and, for a DF, what is in it.
struct FileDescription {
  FileKind kind = FileKind::kDf;
  std::uint16_t identifier = 0;
  /// 1 to 30; 0: none. EFs only.
  std::uint8_t shortIdentifier = 0;
  /// DF name (AID), up to 16 bytes. DFs only.
  Bytes name{};
  /// Content of a transparent EF.
  Bytes content{};
  /// Size a transparent EF can grow to; 0: that of `content`.
  std::size_t capacity = 0;
  /// Records, the first one first; of a cyclic EF, the newest first.
  std::vector<Bytes> records{};
  /// Linear fixed and cyclic; 0: that of the first record.
  std::size_t recordSize = 0;
  /// How many records fit; 0: as many as there are.
  std::size_t maxRecords = 0;
  /// Records are SIMPLE-TLV objects whose tag is their identifier.
  bool tlvRecords = false;
  Access read{};
  Access update{};
  std::vector<FileDescription> children{};
};

/// A PIN (or password), and the code that unblocks it.
struct PinDescription {
  /// P2 of VERIFY; bit 8 set: belongs to a DF.
  std::uint8_t reference = 1;
  Bytes value{};
  std::uint8_t maxTries = 3;
  Bytes unblockingCode{};
  std::uint8_t maxUnblockingTries = 10;
  std::size_t minLength = 4;
  /// Who may reset the counter without the code: RESET RETRY COUNTER with P1 2 and 3.
  Access reset{.rule = Access::Rule::kNever};
};

/// A key for INTERNAL and EXTERNAL AUTHENTICATE: the first 8 bytes of HMAC-SHA-256 over the
/// challenge.
struct KeyDescription {
  std::uint8_t reference = 1;
  Bytes value{};
};

struct ObjectDescription {
  std::uint16_t tag = 0;
  Bytes value{};
  Access read{};
  Access update{};
};

struct CardDescription {
  Bytes atr{0x3B, 0x80, 0x80, 0x01, 0x01};
  /// The MF; `identifier` is 3F00 whatever is given.
  FileDescription mf{};
  std::vector<PinDescription> pins{};
  std::vector<KeyDescription> keys{};
  std::vector<ObjectDescription> objects{};
  bool extendedLength = true;
  bool commandChaining = true;
  /// Whether the card lists a DF's files as TCOS cards do, 80 AA 01 00 and 80 AA 02 00: ISO/IEC
  /// 7816-4 has no command for it.
  bool tcosListing = false;
  /// Logical channels, the basic one included: 1 to 20.
  unsigned channels = 4;
  /// Seed of GET CHALLENGE: the same seed gives the same challenges.
  std::uint64_t seed = 1;
};

/// What is wrong with a description, in words; empty when nothing is.
std::string describeFault(const CardDescription& card);

}  // namespace scard::virtualrm::iso
