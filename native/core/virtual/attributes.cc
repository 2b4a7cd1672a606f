#include <cstring>
#include <optional>

#include "core/virtual/calls.h"
#include "core/virtual/functions.h"

namespace scard::virtualrm {

namespace {

/// SCARD_ATTR_* that the virtual reader answers.
enum Attribute : std::uint32_t {
  kVendorName = 0x00010100,
  kVendorIfdType = 0x00010101,
  kVendorIfdVersion = 0x00010102,
  kVendorIfdSerial = 0x00010103,
  kChannelId = 0x00020110,
  kAsyncProtocolTypes = 0x00030120,
  kMaxIfsd = 0x00030125,
  kPowerManagement = 0x00040131,
  kCharacteristics = 0x00060150,
  kMaxInput = 0x0007A007,
  kCurrentProtocolType = 0x00080201,
  kIccPresence = 0x00090300,
  kIccInterfaceStatus = 0x00090301,
  kAtrString = 0x00090303,
  kIccTypePerAtr = 0x00090304,
  kDeviceUnit = 0x7FFF0001,
  kDeviceInUse = 0x7FFF0002,
  kDeviceFriendlyName = 0x7FFF0003,
  kDeviceSystemName = 0x7FFF0004,
  kDeviceFriendlyNameW = 0x7FFF0005,
  kDeviceSystemNameW = 0x7FFF0006,
};

Bytes text(const std::string& value) {
  Bytes bytes(value.begin(), value.end());
  bytes.push_back(0);
  return bytes;
}

/// The wide forms are UTF-16, which is what Char is where they are used.
Bytes wideText(const std::string& value) {
  const Chars chars = toChars(value);
  Bytes bytes((chars.size() + 1) * sizeof(Char));
  std::memcpy(bytes.data(), chars.c_str(), bytes.size());
  return bytes;
}

/// Numbers are little endian, as on every platform PC/SC runs on.
Bytes number(std::uint32_t value) {
  Bytes bytes;
  for (unsigned shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  return bytes;
}

std::uint8_t presenceOf(const Reader& reader) {
  if (!reader.card) return 0;
  return 2;
}

std::optional<Bytes> cardAttribute(const Reader& reader, std::uint32_t attribute) {
  switch (attribute) {
    case kCurrentProtocolType:
      return number(static_cast<std::uint32_t>(reader.activeProtocol));
    case kIccPresence:
      return Bytes{presenceOf(reader)};
    case kIccInterfaceStatus:
      return Bytes{static_cast<std::uint8_t>(reader.powered ? 0xFF : 0x00)};
    case kAtrString:
      return reader.card ? std::optional(reader.atr) : std::nullopt;
    case kIccTypePerAtr:
      return reader.card ? std::optional(Bytes{1}) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> vendorAttribute(const ReaderOptions& options, std::uint32_t attribute) {
  switch (attribute) {
    case kVendorName:
      return text(options.vendor);
    case kVendorIfdType:
      return text(options.type);
    case kVendorIfdVersion:
      return number(options.version);
    case kVendorIfdSerial:
      return text(options.serial);
    case kChannelId:
      return number(options.channelId);
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> deviceAttribute(const Reader& reader, std::uint32_t attribute) {
  switch (attribute) {
    case kAsyncProtocolTypes:
      return number(static_cast<std::uint32_t>(protocol::kT0 | protocol::kT1));
    case kMaxIfsd:
      return number(254);
    case kPowerManagement:
      return number(0);
    case kCharacteristics:
      return number(reader.options.ejectsCards ? 0x02 : 0x00);
    case kMaxInput:
      return number(reader.options.maxInput);
    case kDeviceUnit:
      return number(0);
    case kDeviceInUse:
      return Bytes{static_cast<std::uint8_t>(reader.connections > 0 ? 1 : 0)};
    case kDeviceFriendlyName:
    case kDeviceSystemName:
      return text(reader.options.name);
    case kDeviceFriendlyNameW:
    case kDeviceSystemNameW:
      return sizeof(Char) > 1 ? std::optional(wideText(reader.options.name)) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> valueOf(const Reader& reader, Dword attribute) {
  const auto set = reader.attributes.find(attribute);
  if (set != reader.attributes.end()) return set->second;
  const auto id = static_cast<std::uint32_t>(attribute);
  if (auto value = vendorAttribute(reader.options, id)) return value;
  if (auto value = cardAttribute(reader, id)) return value;
  return deviceAttribute(reader, id);
}

std::uint32_t checkAttributeCall(CardCall& call) {
  std::uint32_t failure = call.checkAttributeSharing();
  if (failure == result::kSuccess) failure = call.checkReader();
  if (failure == result::kSuccess) failure = call.checkNotice();
  return failure;
}

/// Whether programs may change it: anything but what the card and the reader are.
bool isSettable(Dword attribute) {
  switch (static_cast<std::uint32_t>(attribute) >> 16U) {
    case 0x0001:  // vendor
    case 0x0002:  // communication
    case 0x0006:  // mechanical
    case 0x0008:  // interface
    case 0x0009:  // card
    case 0x7FFF:  // system
      return false;
    default:
      return true;
  }
}

}  // namespace

Long getAttrib(State& state, CardHandle handle, Dword attribute, Byte* value, Dword* length) {
  if (length == nullptr) return toLong(result::kInvalidParameter);
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  const Dword limit = state.profile().attributeLimit;
  if (value != nullptr && limit != 0 && *length > limit && *length != kAutoAllocate)
    return toLong(result::kInsufficientBuffer);
  const std::uint32_t failure = checkAttributeCall(call);
  if (failure != result::kSuccess) return toLong(failure);
  const std::optional<Bytes> found = valueOf(call.reader(), attribute);
  if (!found) return toLong(state.profile().unsupportedFeature);
  return toLong(writeOutput<Byte>(call.contextCall().context().allocations, std::span(*found),
                                  value, length));
}

Long setAttrib(State& state, CardHandle handle, Dword attribute, const Byte* value, Dword length) {
  if (value == nullptr || length == 0) return toLong(result::kInvalidParameter);
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  const Dword limit = state.profile().attributeLimit;
  if (limit != 0 && length > limit) return toLong(result::kInsufficientBuffer);
  const std::uint32_t failure = checkAttributeCall(call);
  if (failure != result::kSuccess) return toLong(failure);
  if (!isSettable(attribute)) return toLong(state.profile().unsupportedFeature);
  call.reader().attributes[attribute] = Bytes(value, value + length);
  return toLong(result::kSuccess);
}

}  // namespace scard::virtualrm
