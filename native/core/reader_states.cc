#include "core/reader_states.h"

#include <algorithm>
#include <cstdint>

namespace scard {

// The structures are zeroed whole: redirected readers on Windows fail otherwise.
ReaderStates::ReaderStates(const std::vector<ReaderQuery>& queries)
    : queries_(queries), states_(queries.size()) {
  // Reserved, so that the names stay where the structures point to.
  names_.reserve(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    names_.push_back(platform::encode(queries[i].reader));
    states_[i].reader = names_[i].c_str();
    states_[i].currentState = queries[i].currentState;
  }
}

std::vector<ReaderReport> ReaderStates::reports() const {
  std::vector<ReaderReport> reports;
  reports.reserve(states_.size());
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const abi::ReaderState& state = states_[i];
    const auto length = std::min<std::size_t>(state.atrLength, abi::kAtrCapacity);
    reports.push_back({queries_[i].reader, static_cast<std::uint32_t>(state.eventState),
                       std::vector<std::uint8_t>(state.atr, state.atr + length)});
  }
  return reports;
}

}  // namespace scard
