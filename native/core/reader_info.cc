#include "core/reader_info.h"

#include <utility>

#include "core/pcsc_call.h"
#include "core/pcsc_fetch.h"

namespace scard {

Result<std::uint32_t> getDeviceTypeId(const PcscContext& context, const std::string& reader) {
  abi::Dword type = 0;
  if (auto error = callPcsc("SCardGetDeviceTypeId", context.api().getDeviceTypeId, context.handle(),
                            platform::encode(reader).c_str(), &type)) {
    return std::move(*error);
  }
  return static_cast<std::uint32_t>(type);
}

Result<std::vector<std::uint8_t>> getReaderIcon(const PcscContext& context,
                                                const std::string& reader) {
  const platform::String name = platform::encode(reader);
  return fetchUnits<std::uint8_t>([&](std::uint8_t* buffer, abi::Dword* length) {
    return callPcsc("SCardGetReaderIcon", context.api().getReaderIcon, context.handle(),
                    name.c_str(), buffer, length);
  });
}

Result<std::string> getReaderDeviceInstanceId(const PcscContext& context,
                                              const std::string& reader) {
  const platform::String name = platform::encode(reader);
  return fetchText([&](abi::Char* buffer, abi::Dword* length) {
    return callPcsc("SCardGetReaderDeviceInstanceId", context.api().getReaderDeviceInstanceId,
                    context.handle(), name.c_str(), buffer, length);
  });
}

Result<std::vector<std::string>> listReadersWithDeviceInstanceId(const PcscContext& context,
                                                                 const std::string& instanceId) {
  const platform::String wanted = platform::encode(instanceId);
  auto readers = fetchNames([&](abi::Char* buffer, abi::Dword* length) {
    return callPcsc("SCardListReadersWithDeviceInstanceId",
                    context.api().listReadersWithDeviceInstanceId, context.handle(), wanted.c_str(),
                    buffer, length);
  });
  if (!readers.ok() && readers.error().value == code::kNoReadersAvailable) {
    return std::vector<std::string>{};
  }
  return readers;
}

}  // namespace scard
