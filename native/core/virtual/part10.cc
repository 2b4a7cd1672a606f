#include "core/virtual/part10.h"

#include <algorithm>

namespace scard::virtualrm::part10 {

namespace {

constexpr Dword kPcscliteBase = 0x42000000;
constexpr Dword kWindowsBase = 0x00310000;
/// Bytes of a command before its data field: header and Lc.
constexpr std::size_t kHeader = 5;

std::size_t littleEndian(std::span<const std::uint8_t> block, std::size_t at, std::size_t count) {
  std::size_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8U | block[at + i];
  return value;
}

void appendProperty(Bytes& bytes, std::uint8_t tag, std::uint32_t value, std::uint8_t length) {
  bytes.push_back(tag);
  bytes.push_back(length);
  for (std::uint8_t i = 0; i < length; ++i)
    bytes.push_back(static_cast<std::uint8_t>(value >> (8U * i)));
}

}  // namespace

Dword functionOf(Dword code) {
  if ((code & 0xFFFF0003U) == kWindowsBase) return (code & 0xFFFFU) >> 2U;
  return code >= kPcscliteBase ? code - kPcscliteBase : code;
}

Dword codeOf(const Profile& profile, Dword function) {
  return profile.windowsControlCodes ? kWindowsBase + 4 * function : kPcscliteBase + function;
}

Dword functionOfFeature(const Profile& profile, Feature feature) {
  // The values drivers use: pcsclite's CCID driver, and the vendor range of Windows.
  return (profile.windowsControlCodes ? 0x800U : 0x330000U) + feature;
}

Bytes featureList(const Profile& profile, const ReaderOptions& reader) {
  Bytes list;
  const auto append = [&](Feature feature) {
    const Dword code = codeOf(profile, functionOfFeature(profile, feature));
    list.push_back(feature);
    list.push_back(4);
    for (unsigned shift = 32; shift > 0; shift -= 8)
      list.push_back(static_cast<std::uint8_t>(code >> (shift - 8)));
  };
  if (reader.pinPad) {
    append(kVerifyPinDirect);
    append(kModifyPinDirect);
    append(kIfdPinProperties);
  }
  append(kGetTlvProperties);
  if (reader.controlHandler) append(kCcidEscape);
  return list;
}

Bytes tlvProperties(const ReaderOptions& reader) {
  Bytes bytes;
  appendProperty(bytes, 0x01, 0x0000, 2);  // wLcdLayout
  appendProperty(bytes, 0x02, 0x07, 1);    // bEntryValidationCondition
  appendProperty(bytes, 0x03, 0x00, 1);    // bTimeOut2
  appendProperty(bytes, 0x06, reader.pinPad ? kMinPinSize : 0U, 1);
  appendProperty(bytes, 0x07, reader.pinPad ? kMaxPinSize : 0U, 1);
  bytes.push_back(0x08);  // sFirmwareID
  bytes.push_back(static_cast<std::uint8_t>(std::min<std::size_t>(reader.type.size(), 255)));
  bytes.insert(bytes.end(), reader.type.begin(),
               reader.type.begin() + static_cast<std::ptrdiff_t>(bytes.back()));
  appendProperty(bytes, 0x09, 0x00, 1);  // bPPDUSupport
  appendProperty(bytes, 0x0A, reader.maxInput, 4);
  appendProperty(bytes, 0x0B, 0x0000, 2);  // wIdVendor
  appendProperty(bytes, 0x0C, 0x0000, 2);  // wIdProduct
  return bytes;
}

Bytes pinProperties() { return {0x00, 0x00, 0x07, 0x00}; }

namespace {

/// The format bytes that both structures begin with.
std::optional<PinFormat> parseFormat(std::span<const std::uint8_t> block) {
  const unsigned format = block[2];
  if ((format & 0x03U) > 2) return std::nullopt;
  PinFormat parsed;
  parsed.coding = static_cast<PinFormat::Coding>(format & 0x03U);
  parsed.rightJustified = (format & 0x04U) != 0;
  parsed.position =
      (format >> 3U & 0x0FU) * ((format & 0x80U) != 0 ? std::size_t{8} : std::size_t{1});
  parsed.blockSize = block[3] & 0x0FU;
  parsed.lengthSize = block[3] >> 4U;
  parsed.lengthPosition =
      (block[4] & 0x0FU) * ((block[4] & 0x10U) != 0 ? std::size_t{8} : std::size_t{1});
  return parsed;
}

std::optional<PinOperation> parse(std::span<const std::uint8_t> block, std::size_t sizesAt,
                                  std::size_t lengthAt) {
  if (block.size() < lengthAt + 4 + 4) return std::nullopt;
  const std::size_t length = littleEndian(block, lengthAt, 4);
  if (length != block.size() - lengthAt - 4 || length < 4) return std::nullopt;
  const std::optional<PinFormat> format = parseFormat(block);
  if (!format) return std::nullopt;
  PinOperation operation;
  operation.format = *format;
  operation.maxSize = block[sizesAt];
  operation.minSize = block[sizesAt + 1];
  operation.command.assign(block.begin() + static_cast<std::ptrdiff_t>(lengthAt + 4), block.end());
  return operation;
}

}  // namespace

std::optional<PinOperation> parseVerify(std::span<const std::uint8_t> block) {
  return parse(block, 5, 15);
}

std::optional<PinOperation> parseModify(std::span<const std::uint8_t> block) {
  std::optional<PinOperation> operation = parse(block, 7, 20);
  if (!operation) return operation;
  operation->modifies = true;
  operation->oldOffset = block[5];
  operation->newOffset = block[6];
  operation->asksConfirmation = (block[9] & 0x01U) != 0;
  operation->asksOldPin = (block[9] & 0x02U) != 0;
  return operation;
}

namespace {

Bytes encode(const PinFormat& format, const std::string& digits) {
  Bytes pin;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto digit = static_cast<std::uint8_t>(digits[i] - '0');
    if (format.coding == PinFormat::Coding::kAscii) {
      pin.push_back(static_cast<std::uint8_t>(digits[i]));
    } else if (format.coding == PinFormat::Coding::kBinary) {
      pin.push_back(digit);
    } else if (i % 2 == 0) {
      pin.push_back(static_cast<std::uint8_t>(unsigned{digit} << 4U | 0x0FU));
    } else {
      pin.back() = static_cast<std::uint8_t>((pin.back() & 0xF0U) | digit);
    }
  }
  return pin;
}

/// Writes `count` bits of `value` at bit `position` of the data field.
void writeBits(Bytes& command, std::size_t position, std::size_t count, std::size_t value) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = position + i;
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    std::uint8_t& byte = command[kHeader + bit / 8];
    const bool one = ((value >> (count - 1 - i)) & 1U) != 0;
    byte = static_cast<std::uint8_t>(one ? byte | mask : byte & ~mask);
  }
}

}  // namespace

bool insertPin(Bytes& command, const PinFormat& format, const std::string& digits,
               std::size_t offset) {
  const Bytes pin = encode(format, digits);
  if (format.blockSize != 0 && pin.size() > format.blockSize) return false;
  const std::size_t room = format.blockSize != 0 ? format.blockSize : pin.size();
  const std::size_t start = format.position + 8 * offset;
  const std::size_t end = (start + 7) / 8 + room;
  const std::size_t lengthEnd = (format.lengthPosition + format.lengthSize + 7) / 8 + offset;
  const std::size_t data = std::max({end, format.lengthSize > 0 ? lengthEnd : 0,
                                     command.size() > kHeader ? command.size() - kHeader : 0});
  if (data > 255) return false;
  command.resize(kHeader + data, 0xFF);
  command[4] = static_cast<std::uint8_t>(data);
  if (format.lengthSize > 0)
    writeBits(command, format.lengthPosition + 8 * offset, format.lengthSize, digits.size());
  const std::size_t lead = format.rightJustified ? room - pin.size() : 0;
  for (std::size_t i = 0; i < pin.size(); ++i)
    writeBits(command, start + 8 * (lead + i), 8, pin[i]);
  return true;
}

}  // namespace scard::virtualrm::part10
