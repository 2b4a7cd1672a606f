// Introduced reader names and reader groups (winscard only).
#include <algorithm>

#include "core/virtual/calls.h"
#include "core/virtual/functions.h"
#include "core/virtual/reader_names.h"

namespace scard::virtualrm {

namespace {

/// Groups that no call may change.
bool isFixed(const std::string& group) {
  return sameName(group, kAllReaders) || sameName(group, kLocalReaders) ||
         sameName(group, kSystemReaders);
}

/// Whether the name is one of a reader, attached or only known to the database.
bool isKnownReader(const State& state, const std::string& name) {
  if (state.findReader(name) || state.database.aliases.contains(name)) return true;
  return std::ranges::any_of(state.database.groups, [&](const auto& group) {
    return std::ranges::any_of(group.second,
                               [&](const auto& each) { return sameName(each, name); });
  });
}

/// Runs `body(database)` for a context, with the names converted and not empty.
template <typename Body>
Long edit(State& state, ContextHandle handle, const Char* name, Body&& body) {
  if (name == nullptr) return toLong(result::kInvalidParameter);
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  const std::string converted = fromChars(name);
  if (converted.empty()) return toLong(result::kInvalidValue);
  return toLong(body(state.database, converted));
}

}  // namespace

Long introduceReader(State& state, ContextHandle handle, const Char* reader, const Char* device) {
  if (device == nullptr) return toLong(result::kInvalidParameter);
  return edit(state, handle, reader, [&](Database& database, const std::string& name) {
    const bool taken = database.aliases.contains(name) || state.findReader(name) != nullptr;
    if (taken) return result::kDuplicateReader;
    const std::string target = fromChars(device);
    if (target == name) {
      // The reader's own name, forgotten before, comes back.
      database.hidden.erase(name);
    } else {
      database.aliases[name] = target;
    }
    database.join(kDefaultReaders, name);
    state.announce();
    return result::kSuccess;
  });
}

Long forgetReader(State& state, ContextHandle handle, const Char* reader) {
  return edit(state, handle, reader, [&](Database& database, const std::string& name) {
    if (database.aliases.erase(name) == 0) {
      if (!state.findReader(name)) return result::kUnknownReader;
      database.hidden[name] = true;
    }
    database.leaveAll(name);
    state.announce();
    return result::kSuccess;
  });
}

Long introduceReaderGroup(State& state, ContextHandle handle, const Char* group) {
  // Nothing is kept: a group exists from its first member on.
  if (group == nullptr) return toLong(result::kInvalidParameter);
  if (fromChars(group).empty()) return toLong(result::kInvalidValue);
  const Call call(state);
  if (handle == 0) return toLong(state.running ? result::kSuccess : result::kNoService);
  return toLong(state.findContext(handle) ? result::kSuccess : result::kInvalidHandle);
}

Long forgetReaderGroup(State& state, ContextHandle handle, const Char* group) {
  return edit(state, handle, group, [](Database& database, const std::string& name) {
    if (isFixed(name) || sameName(name, kDefaultReaders)) return result::kInvalidValue;
    database.groups.erase(name);
    return result::kSuccess;
  });
}

Long addReaderToGroup(State& state, ContextHandle handle, const Char* reader, const Char* group) {
  if (group == nullptr) return toLong(result::kInvalidParameter);
  return edit(state, handle, reader, [&](Database& database, const std::string& name) {
    const std::string wanted = fromChars(group);
    if (wanted.empty() || isFixed(wanted)) return result::kInvalidValue;
    if (!isKnownReader(state, name)) return result::kUnknownReader;
    database.join(wanted, name);
    return result::kSuccess;
  });
}

Long removeReaderFromGroup(State& state, ContextHandle handle, const Char* reader,
                           const Char* group) {
  if (group == nullptr) return toLong(result::kInvalidParameter);
  return edit(state, handle, reader, [&](Database& database, const std::string& name) {
    const std::string wanted = fromChars(group);
    if (wanted.empty() || isFixed(wanted)) return result::kInvalidValue;
    if (!isKnownReader(state, name)) return result::kUnknownReader;
    database.leave(wanted, name);
    return result::kSuccess;
  });
}

}  // namespace scard::virtualrm
