// Lists of SCARD_READERSTATE: queries in, reports out.
#pragma once

#include <vector>

#include "core/pcsc_context.h"

namespace scard {

/// The structures of one call. Borrows the queries, which must outlive it.
class ReaderStates {
 public:
  explicit ReaderStates(const std::vector<ReaderQuery>& queries);

  abi::ReaderState* data() { return states_.data(); }
  abi::Dword count() const { return static_cast<abi::Dword>(states_.size()); }

  /// What the call wrote.
  std::vector<ReaderReport> reports() const;

 private:
  const std::vector<ReaderQuery>& queries_;
  std::vector<platform::String> names_;
  std::vector<abi::ReaderState> states_;
};

}  // namespace scard
