// What the functions of the scripted table are made with.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "scripted_api.h"

namespace scard::test {

inline abi::Long toLong(std::uint32_t result) { return static_cast<abi::Long>(result); }

/// A method as an entry of the table.
template <auto Member>
struct Bound;

template <typename R, typename... A, R (ScriptedApi::*Member)(A...)>
struct Bound<Member> {
  static R call(void* self, A... arguments) {
    return (static_cast<ScriptedApi*>(self)->*Member)(arguments...);
  }
};

/// A call under way: logged, blocked while the test says so, alone on its context. Holds the lock.
class ScriptedApi::Entered {
 public:
  Entered(ScriptedApi& api, Call call, std::optional<Context> context);
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;
  ~Entered();

  std::unique_lock<std::mutex> lock;
  /// What the test wants this call to end with.
  std::optional<std::uint32_t> result;

 private:
  void occupy(const std::string& name);

  ScriptedApi& api_;
  std::optional<Context> context_;
};

}  // namespace scard::test
