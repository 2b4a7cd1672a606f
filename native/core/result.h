// Results of the core: a value or an Error. The core throws nothing of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace scard {

/// One place where the PC/SC library was looked for, with the loader's own words.
struct LoadAttempt {
  std::string path;
  std::string message;
};

/// Failures that are the package's own, not the resource manager's.
enum class Reason : std::uint8_t {
  kPcsc,
  kClosed,
  kLibraryMissing,
  kFunctionMissing,
  kTransactionEnded,
  kInTransaction,
  kNoThread,
  kBusy,
};

struct Error {
  /// The winscard name of the function that failed. Always a literal.
  const char* call = "";
  /// The 32-bit PC/SC result; 0 when `reason` is not kPcsc.
  std::uint32_t value = 0;
  Reason reason = Reason::kPcsc;
  std::vector<LoadAttempt> tried = {};
};

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that a function returns either with a plain `return`.
  // NOLINTBEGIN(google-explicit-constructor)
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  Error& error() { return std::get<1>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error)  // NOLINT(google-explicit-constructor): as above
      : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  Error& error() { return *error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace scard
