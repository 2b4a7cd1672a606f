// Calls that write by winscard's output protocol: asked for the length first, then for the data.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/errors/codes.gen.h"
#include "core/multistring.h"
#include "core/result.h"
#include "platform/platform.h"

namespace scard {

/// What there is may grow between the two questions; each round asks anew.
inline constexpr int kFetchRounds = 8;

/// Everything that `fetch(buffer, &length)` writes; `length` counts units.
template <typename Unit, typename Fetch>
Result<std::vector<Unit>> fetchUnits(const Fetch& fetch) {
  for (int round = 1;; ++round) {
    abi::Dword length = 0;
    if (auto error = fetch(static_cast<Unit*>(nullptr), &length)) return std::move(*error);
    // Never empty: NULL would ask for the length once more.
    std::vector<Unit> buffer(std::max<std::size_t>(length, 1));
    auto error = fetch(buffer.data(), &length);
    if (!error.has_value()) {
      buffer.resize(std::min(static_cast<std::size_t>(length), buffer.size()));
      return buffer;
    }
    if (error->value != code::kInsufficientBuffer || round == kFetchRounds) {
      return std::move(*error);
    }
  }
}

/// The items of a multi-string.
template <typename Fetch>
Result<std::vector<std::string>> fetchNames(const Fetch& fetch) {
  const auto units = fetchUnits<abi::Char>(fetch);
  if (!units.ok()) return units.error();
  return parseMultiString(platform::StringView(units.value().data(), units.value().size()));
}

/// A string that ends with a NUL.
template <typename Fetch>
Result<std::string> fetchText(const Fetch& fetch) {
  const auto units = fetchUnits<abi::Char>(fetch);
  if (!units.ok()) return units.error();
  const platform::StringView text(units.value().data(), units.value().size());
  return platform::decode(text.substr(0, text.find(abi::Char{})));
}

}  // namespace scard
