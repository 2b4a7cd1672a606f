#include <algorithm>

#include "core/virtual/calls.h"
#include "core/virtual/functions.h"
#include "core/virtual/reader_names.h"

namespace scard::virtualrm {

namespace {

/// Calls that take a NULL context ask about the whole system.
template <typename Body>
Long withOptionalContext(State& state, ContextHandle handle, Body&& body) {
  if (handle == 0 && state.profile().hasDatabase) {
    Call call(state);
    if (!state.running || state.closing) return toLong(result::kNoService);
    return toLong(body(state.allocations));
  }
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  return toLong(body(call.context().allocations));
}

}  // namespace

Long listReaders(State& state, ContextHandle handle, const Char* groups, Char* readers,
                 Dword* length) {
  if (length == nullptr) return toLong(result::kInvalidParameter);
  return withOptionalContext(state, handle, [&](Allocations& allocations) {
    const std::vector<std::string> names = groups != nullptr && state.profile().hasDatabase
                                               ? namesInGroups(state, fromMultiString(groups))
                                               : attachedNames(state);
    if (names.empty()) return result::kNoReadersAvailable;
    return writeText(allocations, toMultiString(names), readers, length);
  });
}

Long listReaderGroups(State& state, ContextHandle handle, Char* groups, Dword* length) {
  if (length == nullptr) return toLong(result::kInvalidParameter);
  return withOptionalContext(state, handle, [&](Allocations& allocations) {
    const std::vector<std::string> names =
        state.profile().hasDatabase ? groupNames(state) : std::vector<std::string>{kDefaultReaders};
    return writeText(allocations, toMultiString(names), groups, length);
  });
}

Long listReadersWithDeviceInstanceId(State& state, ContextHandle handle, const Char* instanceId,
                                     Char* readers, Dword* length) {
  if (length == nullptr || instanceId == nullptr) return toLong(result::kInvalidParameter);
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  const std::string wanted = fromChars(instanceId);
  std::vector<std::string> names;
  for (const std::string& name : attachedNames(state)) {
    const auto reader = state.findReader(name);
    if (reader && deviceInstanceIdOf(*reader) == wanted) names.push_back(name);
  }
  if (names.empty()) return toLong(result::kNoReadersAvailable);
  return toLong(writeText(call.context().allocations, toMultiString(names), readers, length));
}

}  // namespace scard::virtualrm
