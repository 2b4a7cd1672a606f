#include "core/pcsc_context.h"

#include <utility>

#include "core/multistring.h"
#include "core/pcsc_call.h"
#include "core/pcsc_fetch.h"
#include "core/reader_states.h"

namespace scard {

namespace {

// pcscd closes the connection of a client that it refuses, and libpcsclite reads any connection
// closed that early as such a refusal: that of a daemon that dies, too. Only asking again tells.
constexpr std::chrono::milliseconds kRefusalPauses[] = {std::chrono::milliseconds(10),
                                                        std::chrono::milliseconds(40)};

std::optional<Error> establishSurely(const Library& library, std::uint32_t scope,
                                     abi::ContextHandle& handle) {
  const auto attempt = [&] {
    return callPcsc("SCardEstablishContext", library.api().establishContext,
                    static_cast<abi::Dword>(scope), nullptr, nullptr, &handle);
  };
  auto error = attempt();
  for (const auto pause : kRefusalPauses) {
    if (!error.has_value() || error->value != code::kSecurityViolation) break;
    std::this_thread::sleep_for(pause);
    error = attempt();
  }
  return error;
}

}  // namespace

PcscContext::PcscContext(std::shared_ptr<const Library> library, abi::ContextHandle handle)
    : library_(std::move(library)), handle_(handle) {}

PcscContext::PcscContext(PcscContext&& other) noexcept
    : library_(std::move(other.library_)), handle_(std::exchange(other.handle_, std::nullopt)) {}

PcscContext& PcscContext::operator=(PcscContext&& other) noexcept {
  if (this != &other) {
    static_cast<void>(release());
    library_ = std::move(other.library_);
    handle_ = std::exchange(other.handle_, std::nullopt);
  }
  return *this;
}

PcscContext::~PcscContext() { static_cast<void>(release()); }

Result<PcscContext> PcscContext::establish(std::shared_ptr<const Library> library,
                                           std::uint32_t scope) {
  abi::ContextHandle handle{};
  if (auto error = establishSurely(*library, scope, handle)) return std::move(*error);
  return PcscContext(std::move(library), handle);
}

Result<void> PcscContext::release() {
  const auto handle = std::exchange(handle_, std::nullopt);
  if (!handle.has_value()) return {};
  ReleaseGuard* const guard = library_->releaseGuard();
  const auto alone =
      guard != nullptr ? guard->releasing() : std::unique_lock<std::shared_timed_mutex>();
  return toResult(callPcsc("SCardReleaseContext", library_->api().releaseContext, *handle));
}

Result<bool> PcscContext::isValid() const {
  auto error = callPcsc("SCardIsValidContext", library_->api().isValidContext, *handle_);
  if (!error.has_value()) return true;
  if (error->value == code::kInvalidHandle || error->value == code::kErrorInvalidHandle) {
    return false;
  }
  return std::move(*error);
}

Result<std::vector<std::string>> PcscContext::listReaders(
    const std::optional<std::vector<std::string>>& groups) const {
  const platform::String names =
      groups.has_value() ? buildMultiString(*groups) : platform::String();
  const abi::Char* filter = groups.has_value() ? names.c_str() : nullptr;
  auto readers = fetchNames([&](abi::Char* buffer, abi::Dword* length) {
    return callPcsc("SCardListReaders", library_->api().listReaders, *handle_, filter, buffer,
                    length);
  });
  if (!readers.ok() && readers.error().value == code::kNoReadersAvailable) {
    return std::vector<std::string>{};
  }
  return readers;
}

Result<std::vector<std::string>> PcscContext::listReaderGroups() const {
  return fetchNames([&](abi::Char* buffer, abi::Dword* length) {
    return callPcsc("SCardListReaderGroups", library_->api().listReaderGroups, *handle_, buffer,
                    length);
  });
}

Result<std::vector<ReaderReport>> PcscContext::getStatusChange(
    const std::vector<ReaderQuery>& readers, std::uint32_t timeout) const {
  ReaderStates states(readers);
  if (auto error = callPcsc("SCardGetStatusChange", api().getStatusChange, *handle_,
                            static_cast<abi::Dword>(timeout), states.data(), states.count())) {
    return std::move(*error);
  }
  return states.reports();
}

void PcscContext::cancel() const {
  if (library_->api().cancel) library_->api().cancel(*handle_);
}

}  // namespace scard
