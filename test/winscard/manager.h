// The resource manager behind winscard.dll's functions.
#pragma once

#include <cstdint>
#include <optional>

#include "core/api.h"

namespace winscard {

/// The virtual subsystem's functions: two readers, "Reader 0" with a card that answers commands and
/// "Reader 1" without. One for the process.
scard::Api& api();

/// What the environment variable SCARD_FAKE_FAILURE orders a function to fail with:
/// `SCardConnectW=8010000B`. Asked at every call.
std::optional<scard::Api::Long> orderedFailure(const char* function);

/// Calls a function of the table with the arguments of Windows' own prototype. Where the types
/// differ, and not only by their name, this does not compile.
template <typename... Parameters, typename... Arguments>
scard::Api::Long call(const char* name,
                      const scard::ApiFunction<scard::Api::Long(Parameters...)>& function,
                      Arguments... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments));
  static_assert(((sizeof(Parameters) == sizeof(Arguments)) && ...));
  if (const auto failure = orderedFailure(name)) return *failure;
  if (!function) return static_cast<scard::Api::Long>(0x80100022);  // SCARD_E_UNSUPPORTED_FEATURE
  // Structures of the SDK against ours: same layout, other names.
  return function((Parameters)arguments...);
}

}  // namespace winscard
