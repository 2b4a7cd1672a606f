// What winscard knows of a reader as a device, over the table. Calls block; pcsclite has none of
// them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/pcsc_context.h"
#include "core/result.h"

namespace scard {

/// SCardGetDeviceTypeId: the bus, such as 0x20 for USB.
Result<std::uint32_t> getDeviceTypeId(const PcscContext& context, const std::string& reader);

/// SCardGetReaderIcon: the bytes of an icon file.
Result<std::vector<std::uint8_t>> getReaderIcon(const PcscContext& context,
                                                const std::string& reader);

/// SCardGetReaderDeviceInstanceId.
Result<std::string> getReaderDeviceInstanceId(const PcscContext& context,
                                              const std::string& reader);

/// SCardListReadersWithDeviceInstanceId; an empty list when there is no such reader.
Result<std::vector<std::string>> listReadersWithDeviceInstanceId(const PcscContext& context,
                                                                 const std::string& instanceId);

}  // namespace scard
