// Names by which readers are known: their own, introduced ones, and groups of them.
#pragma once

#include <string>
#include <vector>

#include "core/virtual/state.h"

namespace scard::virtualrm {

inline constexpr char kAllReaders[] = "SCard$AllReaders";
inline constexpr char kDefaultReaders[] = "SCard$DefaultReaders";
inline constexpr char kLocalReaders[] = "SCard$LocalReaders";
inline constexpr char kSystemReaders[] = "SCard$SystemReaders";

/// Display names of attached readers: their own unless forgotten, then introduced ones.
std::vector<std::string> attachedNames(const State& state);
/// Attached members of any of the groups, each once; unknown groups are passed over.
std::vector<std::string> namesInGroups(const State& state, const std::vector<std::string>& groups);
/// Groups with a member, SCard$DefaultReaders first, SCard$AllReaders never.
std::vector<std::string> groupNames(const State& state);
std::string deviceInstanceIdOf(const Reader& reader);

}  // namespace scard::virtualrm
