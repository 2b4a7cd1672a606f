// Owner of one PC/SC context (SCARDCONTEXT).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/library.h"
#include "core/result.h"

namespace scard {

/// What a caller believes of a reader, as input of GetStatusChange.
struct ReaderQuery {
  std::string reader;
  std::uint32_t currentState = 0;
};

/// What GetStatusChange reports of a reader.
struct ReaderReport {
  std::string reader;
  std::uint32_t eventState = 0;
  std::vector<std::uint8_t> atr;
};

/// Established until destroyed. Calls block; on pcsclite a wait also blocks every other call on the
/// same context but cancel(), so whoever waits has a context of its own.
class PcscContext {
 public:
  static Result<PcscContext> establish(std::shared_ptr<const Library> library, std::uint32_t scope);

  PcscContext(PcscContext&& other) noexcept;
  PcscContext& operator=(PcscContext&& other) noexcept;
  PcscContext(const PcscContext&) = delete;
  PcscContext& operator=(const PcscContext&) = delete;
  ~PcscContext();

  /// SCardReleaseContext, with its result; the destructor does the same and drops it.
  Result<void> release();

  /// SCardIsValidContext.
  Result<bool> isValid() const;

  /// SCardListReaders; an empty list when there is no reader. No groups means all readers.
  Result<std::vector<std::string>> listReaders(
      const std::optional<std::vector<std::string>>& groups) const;

  /// SCardListReaderGroups.
  Result<std::vector<std::string>> listReaderGroups() const;

  /// SCardGetStatusChange.
  Result<std::vector<ReaderReport>> getStatusChange(const std::vector<ReaderQuery>& readers,
                                                    std::uint32_t timeout) const;

  /// SCardCancel. The only call that may be made from another thread while one runs.
  void cancel() const;

  abi::ContextHandle handle() const { return *handle_; }
  const Api& api() const { return library_->api(); }
  const std::shared_ptr<const Library>& library() const { return library_; }

 private:
  PcscContext(std::shared_ptr<const Library> library, abi::ContextHandle handle);

  std::shared_ptr<const Library> library_;
  std::optional<abi::ContextHandle> handle_;
};

static_assert(!std::is_copy_constructible_v<PcscContext>);

}  // namespace scard
