// GUIDs as text: how they cross the border to JavaScript, and how winscard keeps them in names.
#pragma once

#include <optional>
#include <string>

#include "platform/abi.h"

namespace scard {

/// `{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}` in upper case.
std::string formatGuid(const abi::Guid& guid);

/// The same back, in either case; nothing for any other text.
std::optional<abi::Guid> parseGuid(const std::string& text);

bool sameGuid(const abi::Guid& left, const abi::Guid& right);

}  // namespace scard
