#include "core/pace.h"

#include <algorithm>
#include <thread>

namespace scard {

// With unknown processors (0) there is none to spare.
SpinPermits::SpinPermits()
    : most_(std::max(static_cast<int>(std::thread::hardware_concurrency()), 1) / 2) {}

bool SpinPermits::take() {
  if (taken_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
  giveBack();
  return false;
}

void Pace::answered(Clock::duration taken) {
  // The first answer counts whole; later ones a quarter, so that one slow command does not matter
  // for long.
  average_ = average_ == Clock::duration() ? taken : (average_ * 3 + taken) / 4;
  brief_.store(enabled_ && average_ < kBrief, std::memory_order_relaxed);
}

}  // namespace scard
