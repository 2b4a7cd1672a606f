#include "core/virtual/buffers.h"

#include "core/multistring.h"
#include "platform/platform.h"

namespace scard::virtualrm {

std::string fromChars(const Char* text) {
  return text == nullptr ? std::string() : platform::decode(text);
}

Chars toChars(const std::string& text) { return platform::encode(text); }

Chars toMultiString(const std::vector<std::string>& items) {
  Chars joined = buildMultiString(items);
  // Whoever writes it out adds the closing NUL.
  joined.pop_back();
  return joined;
}

std::vector<std::string> fromMultiString(const Char* text) {
  std::vector<std::string> items;
  while (text != nullptr && *text != 0) {
    items.push_back(fromChars(text));
    text += std::char_traits<Char>::length(text) + 1;
  }
  return items;
}

}  // namespace scard::virtualrm
