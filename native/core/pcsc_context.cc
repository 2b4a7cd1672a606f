#include "core/pcsc_context.h"

#include <algorithm>
#include <utility>

#include "core/multistring.h"
#include "core/pcsc_call.h"

namespace scard {

namespace {

// A list may grow between asking for its length and fetching it; each round asks anew.
constexpr int kListRounds = 8;

template <typename Fetch>
Result<std::vector<std::string>> fetchNames(const char* name, const Fetch& fetch) {
  for (int round = 1;; ++round) {
    abi::Dword length = 0;
    if (auto error = fetch(nullptr, &length)) return std::move(*error);
    platform::String buffer(static_cast<std::size_t>(length), abi::Char{});
    auto error = fetch(buffer.data(), &length);
    if (!error.has_value()) {
      const std::size_t used = std::min(static_cast<std::size_t>(length), buffer.size());
      return parseMultiString(platform::StringView(buffer).substr(0, used));
    }
    if (error->value != code::kInsufficientBuffer || round == kListRounds) {
      return std::move(*error);
    }
  }
  return Error{name};
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
  if (auto error = callPcsc("SCardEstablishContext", library->api().establishContext,
                            static_cast<abi::Dword>(scope), nullptr, nullptr, &handle)) {
    return std::move(*error);
  }
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
  auto readers = fetchNames("SCardListReaders", [&](abi::Char* buffer, abi::Dword* length) {
    return callPcsc("SCardListReaders", library_->api().listReaders, *handle_, filter, buffer,
                    length);
  });
  if (!readers.ok() && readers.error().value == code::kNoReadersAvailable) {
    return std::vector<std::string>{};
  }
  return readers;
}

Result<std::vector<std::string>> PcscContext::listReaderGroups() const {
  return fetchNames("SCardListReaderGroups", [&](abi::Char* buffer, abi::Dword* length) {
    return callPcsc("SCardListReaderGroups", library_->api().listReaderGroups, *handle_, buffer,
                    length);
  });
}

Result<std::vector<ReaderReport>> PcscContext::getStatusChange(
    const std::vector<ReaderQuery>& readers, std::uint32_t timeout) const {
  std::vector<platform::String> names;
  names.reserve(readers.size());
  // Zeroed whole: redirected readers on Windows fail otherwise.
  std::vector<abi::ReaderState> states(readers.size());
  for (std::size_t i = 0; i < readers.size(); ++i) {
    names.push_back(platform::encode(readers[i].reader));
    states[i].reader = names[i].c_str();
    states[i].currentState = readers[i].currentState;
  }
  if (auto error = callPcsc("SCardGetStatusChange", library_->api().getStatusChange, *handle_,
                            static_cast<abi::Dword>(timeout), states.data(),
                            static_cast<abi::Dword>(states.size()))) {
    return std::move(*error);
  }
  std::vector<ReaderReport> reports;
  reports.reserve(readers.size());
  for (std::size_t i = 0; i < readers.size(); ++i) {
    const abi::ReaderState& state = states[i];
    const auto length = std::min<std::size_t>(state.atrLength, abi::kAtrCapacity);
    reports.push_back({readers[i].reader, static_cast<std::uint32_t>(state.eventState),
                       std::vector<std::uint8_t>(state.atr, state.atr + length)});
  }
  return reports;
}

void PcscContext::cancel() const {
  if (library_->api().cancel) library_->api().cancel(*handle_);
}

}  // namespace scard
