// How the owners of handles call the table: a missing function and a failed one become an Error.
#pragma once

#include <optional>

#include "core/api.h"
#include "core/errors/codes.gen.h"
#include "core/result.h"

namespace scard {

/// Calls `function`; nothing when it succeeded.
template <typename Signature, typename... Arguments>
std::optional<Error> callPcsc(const char* name, const ApiFunction<Signature>& function,
                              Arguments... arguments) {
  if (!function) return Error{name, 0, Reason::kFunctionMissing};
  const std::uint32_t result = abi::resultCode(function(arguments...));
  if (result == code::kSuccess) return std::nullopt;
  return Error{name, result};
}

inline Result<void> toResult(std::optional<Error> error) {
  if (error.has_value()) return std::move(*error);
  return {};
}

}  // namespace scard
