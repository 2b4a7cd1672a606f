#include "core/reader_groups.h"

#include "core/pcsc_call.h"

namespace scard {

Result<void> introduceReader(const PcscContext& context, const std::string& reader,
                             const std::string& device) {
  return toResult(callPcsc("SCardIntroduceReader", context.api().introduceReader, context.handle(),
                           platform::encode(reader).c_str(), platform::encode(device).c_str()));
}

Result<void> forgetReader(const PcscContext& context, const std::string& reader) {
  return toResult(callPcsc("SCardForgetReader", context.api().forgetReader, context.handle(),
                           platform::encode(reader).c_str()));
}

Result<void> introduceReaderGroup(const PcscContext& context, const std::string& group) {
  return toResult(callPcsc("SCardIntroduceReaderGroup", context.api().introduceReaderGroup,
                           context.handle(), platform::encode(group).c_str()));
}

Result<void> forgetReaderGroup(const PcscContext& context, const std::string& group) {
  return toResult(callPcsc("SCardForgetReaderGroup", context.api().forgetReaderGroup,
                           context.handle(), platform::encode(group).c_str()));
}

Result<void> addReaderToGroup(const PcscContext& context, const std::string& reader,
                              const std::string& group) {
  return toResult(callPcsc("SCardAddReaderToGroup", context.api().addReaderToGroup,
                           context.handle(), platform::encode(reader).c_str(),
                           platform::encode(group).c_str()));
}

Result<void> removeReaderFromGroup(const PcscContext& context, const std::string& reader,
                                   const std::string& group) {
  return toResult(callPcsc("SCardRemoveReaderFromGroup", context.api().removeReaderFromGroup,
                           context.handle(), platform::encode(reader).c_str(),
                           platform::encode(group).c_str()));
}

}  // namespace scard
