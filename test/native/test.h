// The harness of the native tests; docs/decisions/0003-native-test-harness.md says why it is ours.
// Every *_test.cc is linked into one program, `scard_tests`; test_main.cc has main().
//
//   TEST("names what must hold") {
//     CHECK(value > 0);              // records a failure and goes on
//     CHECK_EQ(actual, expected);    // the same, and shows both values
//     REQUIRE(pointer != nullptr);   // records a failure and leaves the test
//     CHECK_THROWS(call(), std::invalid_argument);
//   }
//
// Checks may be made on any thread of a test; REQUIRE only on the test's own.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace scard::test {

using Body = void (*)();

/// Adds a test to the program; TEST does it before main.
bool registerTest(std::string_view suite, std::string_view name, Body body);

/// Records a failed check of the running test. Safe on any thread.
void fail(std::string_view file, int line, const std::string& message);

/// Thrown by REQUIRE to leave the test whose failure has already been recorded.
struct Abandon {};

/// How CHECK_EQ shows a value: numbers with hex, text quoted, byte ranges as hex, else "?".
template <typename T>
std::string show(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_same_v<T, bool>) {
    out << (value ? "true" : "false");
  } else if constexpr (std::is_enum_v<T>) {
    out << "enum " << static_cast<std::int64_t>(value);
  } else if constexpr (std::is_integral_v<T>) {
    out << +value << " (0x" << std::hex << static_cast<std::uint64_t>(value) << ")";
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    out << '"' << std::string_view(value) << '"';
  } else if constexpr (requires { std::uint8_t{*value.begin()}; }) {
    out << value.size() << " bytes" << std::hex;
    for (const std::uint8_t byte : value) out << ' ' << (byte < 16 ? "0" : "") << +byte;
  } else if constexpr (requires { show(*value.begin()); }) {
    out << "{ ";
    for (const auto& item : value) out << show(item) << ' ';
    out << "}";
  } else if constexpr (requires { out << value; }) {
    out << value;
  } else {
    out << "?";
  }
  return out.str();
}

/// Equality that compares integers of different signedness by value.
template <typename A, typename B>
bool equal(const A& actual, const B& expected) {
  constexpr bool kIntegers = std::is_integral_v<A> && std::is_integral_v<B> &&
                             !std::is_same_v<A, bool> && !std::is_same_v<B, bool> &&
                             !std::is_same_v<A, char> && !std::is_same_v<B, char>;
  if constexpr (kIntegers) {
    return std::cmp_equal(actual, expected);
  } else {
    return actual == expected;
  }
}

template <typename A, typename B>
bool checkEqual(const A& actual, const B& expected, std::string_view text, std::string_view file,
                int line) {
  if (equal(actual, expected)) return true;
  fail(file, line,
       std::string(text) + "\n      actual   " + show(actual) + "\n      expected " +
           show(expected));
  return false;
}

inline bool check(bool holds, std::string_view text, std::string_view file, int line) {
  if (!holds) fail(file, line, std::string(text));
  return holds;
}

}  // namespace scard::test

#define SCARD_TEST_JOIN2(a, b) a##b
#define SCARD_TEST_JOIN(a, b) SCARD_TEST_JOIN2(a, b)

#define TEST(name) SCARD_TEST_DEFINE(name, SCARD_TEST_JOIN(testBody, __LINE__))
#define SCARD_TEST_DEFINE(name, body)                                    \
  static void body();                                                    \
  [[maybe_unused]] static const bool SCARD_TEST_JOIN(body, Registered) = \
      ::scard::test::registerTest(__FILE__, name, body);                 \
  static void body()

#define CHECK(condition) \
  ::scard::test::check(static_cast<bool>(condition), "CHECK(" #condition ")", __FILE__, __LINE__)
#define CHECK_EQ(actual, expected)                                                        \
  ::scard::test::checkEqual((actual), (expected), "CHECK_EQ(" #actual ", " #expected ")", \
                            __FILE__, __LINE__)
#define REQUIRE(condition)                                                                       \
  do {                                                                                           \
    if (!::scard::test::check(static_cast<bool>(condition), "REQUIRE(" #condition ")", __FILE__, \
                              __LINE__))                                                         \
      throw ::scard::test::Abandon{};                                                            \
  } while (false)
#define CHECK_THROWS(expression, type)                                                            \
  do {                                                                                            \
    bool thrown = false;                                                                          \
    try {                                                                                         \
      static_cast<void>(expression);                                                              \
    } catch (const type&) {                                                                       \
      thrown = true;                                                                              \
    }                                                                                             \
    ::scard::test::check(thrown, "CHECK_THROWS(" #expression ", " #type ")", __FILE__, __LINE__); \
  } while (false)
