// Reader names and reader groups of winscard's database, over the table. Calls block; pcsclite has
// none of them.
#pragma once

#include <string>

#include "core/pcsc_context.h"
#include "core/result.h"

namespace scard {

/// SCardIntroduceReader: another display name for a device.
Result<void> introduceReader(const PcscContext& context, const std::string& reader,
                             const std::string& device);

/// SCardForgetReader.
Result<void> forgetReader(const PcscContext& context, const std::string& reader);

/// SCardIntroduceReaderGroup.
Result<void> introduceReaderGroup(const PcscContext& context, const std::string& group);

/// SCardForgetReaderGroup.
Result<void> forgetReaderGroup(const PcscContext& context, const std::string& group);

/// SCardAddReaderToGroup.
Result<void> addReaderToGroup(const PcscContext& context, const std::string& reader,
                              const std::string& group);

/// SCardRemoveReaderFromGroup.
Result<void> removeReaderFromGroup(const PcscContext& context, const std::string& reader,
                                   const std::string& group);

}  // namespace scard
