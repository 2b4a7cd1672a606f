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

void Pace::answered(Clock::duration taken, std::uint32_t commands) {
  const auto each = std::max(taken / std::max(commands, 1U), Clock::duration(1));
  // The first answer counts whole; later ones a quarter, so that one slow command does not matter
  // for long.
  exact_ = exact_ == Clock::duration() ? each : (exact_ * 3 + each) / 4;
  const auto told = average_.load(std::memory_order_relaxed);
  const auto change = exact_ < told ? told - exact_ : exact_ - told;
  if (told == Clock::duration() || change > told / 8) {
    average_.store(exact_, std::memory_order_relaxed);
  }
}

}  // namespace scard
