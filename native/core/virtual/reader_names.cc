#include "core/virtual/reader_names.h"

#include <algorithm>

namespace scard::virtualrm {

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::any_of(names, [&](const auto& each) { return sameName(each, name); });
}

}  // namespace

std::vector<std::string> attachedNames(const State& state) {
  std::vector<std::string> names;
  for (const auto& reader : state.readers) {
    if (!state.database.hidden.contains(reader->options.name))
      names.push_back(reader->options.name);
  }
  for (const auto& [alias, device] : state.database.aliases) {
    if (state.findReader(alias) && !contains(names, alias)) names.push_back(alias);
  }
  return names;
}

std::vector<std::string> namesInGroups(const State& state, const std::vector<std::string>& groups) {
  std::vector<std::string> names;
  for (const std::string& name : attachedNames(state)) {
    const bool member = std::ranges::any_of(groups, [&](const std::string& group) {
      if (sameName(group, kAllReaders)) return true;
      const auto found = state.database.groups.find(group);
      return found != state.database.groups.end() && contains(found->second, name);
    });
    if (member) names.push_back(name);
  }
  return names;
}

std::vector<std::string> groupNames(const State& state) {
  std::vector<std::string> names;
  const std::vector<std::string> attached = attachedNames(state);
  for (const auto& [group, members] : state.database.groups) {
    if (!sameName(group, kDefaultReaders)) {
      names.push_back(group);
    } else if (std::ranges::any_of(members, [&](const auto& m) { return contains(attached, m); })) {
      names.insert(names.begin(), group);
    }
  }
  return names;
}

std::string deviceInstanceIdOf(const Reader& reader) {
  if (!reader.options.deviceInstanceId.empty()) return reader.options.deviceInstanceId;
  return "ROOT\\SMARTCARDREADER\\" + reader.options.serial;
}

}  // namespace scard::virtualrm
