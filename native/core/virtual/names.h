// Names as the registry compares them: without regard to case.
#pragma once

#include <string>
#include <string_view>

namespace scard::virtualrm {

/// A key that names have in common that differ in case alone. `name` is UTF-8; letters of Latin,
/// Greek, Cyrillic and Armenian have case here, one for one, as in Windows' table.
std::u32string nameKey(std::string_view name);

bool sameName(std::string_view left, std::string_view right);

/// Orders names as the registry does.
struct NameLess {
  bool operator()(const std::string& left, const std::string& right) const {
    return nameKey(left) < nameKey(right);
  }
};

}  // namespace scard::virtualrm
