// Multi-strings: the lists of names in winscard, each NUL-ended, the list ended by one more NUL.
#pragma once

#include <string>
#include <vector>

#include "platform/platform.h"

namespace scard {

/// The items of a multi-string. Ends at the first empty item or at the end of the buffer, whichever
/// comes first: resource managers differ in how many NULs end an empty list.
std::vector<std::string> parseMultiString(platform::StringView buffer);

/// The items as a multi-string, with its closing NUL.
platform::String buildMultiString(const std::vector<std::string>& items);

}  // namespace scard
