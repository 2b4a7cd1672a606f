// When it is worth waiting awake: falling asleep and being woken costs tens of microseconds, more
// than some cards take to answer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "core/adaptive_lock.h"

namespace scard {

/// Limits the threads of one runtime that wait awake at the same time, so that they leave
/// processors to those who have something to do.
class SpinPermits {
 public:
  SpinPermits();

  /// Whether this computer has a processor to spare at all.
  bool any() const { return most_ > 0; }
  bool take();
  void giveBack() { taken_.fetch_sub(1, std::memory_order_relaxed); }

  /// Whether waiting awake pays at present, as a SpinJudge found.
  bool pays() const { return pays_.load(std::memory_order_relaxed); }
  void setPays(bool pays) {
    if (pays != this->pays()) pays_.store(pays, std::memory_order_relaxed);
  }

 private:
  const int most_;
  std::atomic<bool> pays_{true};
  // Written at each wait.
  alignas(kApart) std::atomic<int> taken_{0};
};

/// The rhythm of one card: how long it takes to answer, and how soon the next command follows. All
/// but brief() belongs to the card's thread.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  /// A thread waits awake for the next command for so long at most.
  static constexpr std::chrono::microseconds kSpin{50};
  /// Only where the answers of a card have taken less than this: for a slower one sleeping costs
  /// little in proportion, and others may need the processor.
  static constexpr std::chrono::microseconds kBrief{400};

  Pace(std::shared_ptr<SpinPermits> permits, bool enabled)
      : permits_(std::move(permits)), enabled_(enabled && permits_->any()) {}

  /// Whether the last answer of so many commands is expected soon enough to wait awake for it. Any
  /// thread.
  bool brief(std::uint32_t commands = 1) const {
    const auto average = average_.load(std::memory_order_relaxed);
    return enabled_ && average > Clock::duration() && average * commands < kBrief;
  }
  /// The same for the next answer of so many cards that are as quick as this one.
  bool briefAmong(std::uint32_t cards) const {
    const auto average = average_.load(std::memory_order_relaxed);
    return enabled_ && average > Clock::duration() && average < kBrief * cards;
  }

  /// Notes how long so many exchanges took.
  void answered(Clock::duration taken, std::uint32_t commands = 1);

  /// Whether the next command is expected within kSpin, and waiting awake for it pays.
  bool expectsNext() const { return brief() && soon_ && permits_->pays(); }

  /// Waits awake until `arrived()`, for kSpin at most. False when it has not or may not.
  template <typename Arrived>
  bool spin(const Arrived& arrived) {
    if (!permits_->take()) return false;
    const bool came = spinUntil(Clock::now() + kSpin, arrived);
    permits_->giveBack();
    soon_ = came;
    return came;
  }

  /// Notes for how long the thread slept until the next command came.
  void slept(Clock::duration time) { soon_ = time < 2 * kSpin; }

 private:
  template <typename Arrived>
  static bool spinUntil(Clock::time_point end, const Arrived& arrived) {
    do {
      for (int i = 0; i < 32; ++i) {
        if (arrived()) return true;
        cpuRelax();
      }
    } while (Clock::now() < end);
    return false;
  }

  std::shared_ptr<SpinPermits> permits_;
  const bool enabled_;
  // Written by the card's thread alone, where it changes by an eighth. 0: nothing is known yet.
  std::atomic<Clock::duration> average_{};
  // The average of the last answers, and whether the last command came soon.
  alignas(kApart) Clock::duration exact_{};
  bool soon_ = false;
};

}  // namespace scard
