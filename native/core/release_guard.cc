#include "core/release_guard.h"

#include <chrono>

namespace scard {

namespace {

constexpr std::chrono::milliseconds kPatience{500};

}  // namespace

ReleaseGuard& ReleaseGuard::ofProcess() {
  // Never destroyed: threads that are blocked in PC/SC outlive the end of main.
  static auto& guard = *new ReleaseGuard();
  return guard;
}

std::shared_lock<std::shared_timed_mutex> ReleaseGuard::disconnecting() {
  return std::shared_lock(mutex_);
}

std::unique_lock<std::shared_timed_mutex> ReleaseGuard::releasing() {
  return std::unique_lock(mutex_, kPatience);
}

}  // namespace scard
