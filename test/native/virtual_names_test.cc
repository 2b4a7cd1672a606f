// Names of the Windows half: the same in another case, as the registry has it.
#include <string>
#include <utility>
#include <vector>

#include "core/virtual/names.h"
#include "test.h"

namespace scard::virtualrm {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST("names that differ in case alone are the same, in every alphabet that has it") {
  const Pairs same{{"Card Z", "cARD z"},
                   {"K\u00e4rte \u00f8\u00fe", "K\u00c4RTE \u00d8\u00de"},
                   {"\u0101\u0137\u0148\u014b\u0177\u017e", "\u0100\u0136\u0147\u014a\u0176\u017d"},
                   {"\u03ac\u03ad\u03cc\u03ce\u03b1\u03c9", "\u0386\u0388\u038c\u038f\u0391\u03a9"},
                   {"\u0430\u044f\u0451\u045f\u0491", "\u0410\u042f\u0401\u040f\u0490"},
                   {"\u0561\u0586", "\u0531\u0556"},
                   {"\u1ea1", "\u1ea1"}};
  for (const auto& [left, right] : same) {
    CHECK(sameName(left, right));
    const NameLess less;
    CHECK(!less(left, right) && !less(right, left));
  }
}

TEST("what has no other case, or is cut off, is itself alone") {
  const Pairs different{{"\u00d7", "\u00f7"},
                        {"\u00df", "SS"},
                        {"\u0131", "I"},
                        {"\u0138", "\u0137"},
                        {"\u5b57", "\u5b58"},
                        {"\U0001F600", "\U0001F601"},
                        {"a", "a\xC3"},
                        {"", "a"},
                        {"[", "{"}};
  for (const auto& [left, right] : different) {
    CHECK(!sameName(left, right));
    const NameLess less;
    CHECK(less(left, right) != less(right, left));
  }
}

}  // namespace
}  // namespace scard::virtualrm
