// The scripts that JavaScript runs again and again, by number.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/apdu_script.h"

namespace scard::binding {

class KeptScripts {
 public:
  std::uint32_t add(std::shared_ptr<const ApduScript> script) {
    if (free_.empty()) {
      scripts_.push_back(std::move(script));
      return static_cast<std::uint32_t>(scripts_.size() - 1);
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    scripts_[number] = std::move(script);
    return number;
  }

  /// Null when there is none with this number.
  std::shared_ptr<const ApduScript> find(std::uint32_t number) const {
    return number < scripts_.size() ? scripts_[number] : nullptr;
  }

  void remove(std::uint32_t number) {
    if (find(number) == nullptr) return;
    scripts_[number].reset();
    free_.push_back(number);
  }

  void clear() {
    scripts_.clear();
    free_.clear();
  }

 private:
  std::vector<std::shared_ptr<const ApduScript>> scripts_;
  std::vector<std::uint32_t> free_;
};

}  // namespace scard::binding
