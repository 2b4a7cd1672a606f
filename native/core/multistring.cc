#include "core/multistring.h"

#include <algorithm>

namespace scard {

std::vector<std::string> parseMultiString(platform::StringView buffer) {
  std::vector<std::string> items;
  while (!buffer.empty()) {
    const std::size_t length = std::min(buffer.find(abi::Char{}), buffer.size());
    if (length == 0) break;
    items.push_back(platform::decode(buffer.substr(0, length)));
    buffer.remove_prefix(std::min(length + 1, buffer.size()));
  }
  return items;
}

platform::String buildMultiString(const std::vector<std::string>& items) {
  platform::String buffer;
  for (const std::string& item : items) {
    buffer += platform::encode(item);
    buffer += abi::Char{};
  }
  buffer += abi::Char{};
  return buffer;
}

}  // namespace scard
