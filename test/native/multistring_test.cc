// Multi-strings as resource managers really send them.
#include "core/multistring.h"

#include <string>
#include <vector>

#include "test.h"

namespace scard {
namespace {

using Names = std::vector<std::string>;

// A literal with its NULs, without the one the compiler adds.
template <std::size_t N>
Names parse(const char (&text)[N]) {
  const platform::String encoded(text, text + N - 1);
  return parseMultiString(encoded);
}

TEST("two names and the closing NUL are two names") {
  CHECK_EQ(parse("a b\0c\0\0"), (Names{"a b", "c"}));
}
TEST("an empty buffer, one NUL and two NULs are an empty list") {
  CHECK_EQ(parse(""), Names{});
  CHECK_EQ(parse("\0"), Names{});
  CHECK_EQ(parse("\0\0"), Names{});
}
TEST("a list without its closing NUL keeps its last name") {
  CHECK_EQ(parse("one\0two\0"), (Names{"one", "two"}));
}
TEST("a last name cut off by the end of the buffer is read to the end") {
  CHECK_EQ(parse("one\0tw"), (Names{"one", "tw"}));
}
TEST("what follows the closing NUL is not read") {
  CHECK_EQ(parse("one\0\0rubbish\0\0"), Names{"one"});
}
TEST("names in UTF-8 come through whole") {
  CHECK_EQ(parse("L\xC3\xA9"
                 "cteur\0\0"),
           Names{"L\xC3\xA9"
                 "cteur"});
}
TEST("building ends each name and the list with NUL, and an empty list is one NUL") {
  CHECK_EQ(buildMultiString({"a", "bc"}).size(), 6U);
  CHECK_EQ(buildMultiString({}).size(), 1U);
}
TEST("parsing undoes building") {
  const Names names{"Reader 0", "Reader 1", "x"};
  CHECK_EQ(parseMultiString(buildMultiString(names)), names);
}

}  // namespace
}  // namespace scard
