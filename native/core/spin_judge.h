// Whether waiting awake pays: on a computer whose processors are busy, the thread that waits awake
// uses up the time that it needs itself a moment later.
#pragma once

#include <chrono>
#include <cstdint>

namespace scard {

/// Judges by what callers get: how much longer a call takes than its card. Waiting awake goes on
/// while that is less, over many calls, than what calls lose to sleeping threads: each call earns
/// the difference, and a rare long stop (a garbage collection, another program's turn) is paid from
/// what was earned before. When nothing is left they sleep for a while, at each failure for twice
/// as long, and what that costs is measured for the next trial. One thread's.
class SpinJudge {
 public:
  using Clock = std::chrono::steady_clock;

  /// Assumed of sleeping until it was tried.
  static constexpr std::chrono::microseconds kSleeping{20};
  /// Most that is kept of what was earned, which is also there at the beginning.
  static constexpr std::chrono::milliseconds kMostCredit{10};
  /// After a pause, what so many calls would earn.
  static constexpr std::uint32_t kTrial = 64;
  /// How long is slept after the first failure, and most.
  static constexpr std::chrono::milliseconds kFirstPause{5};
  static constexpr std::chrono::milliseconds kLongestPause{640};

  /// Whether a call made `now` is to be waited for awake.
  bool awake(Clock::time_point now);

  /// Notes what a call lost that was made while no other was under way.
  void note(bool awake, Clock::duration lost, Clock::time_point now);

 private:
  void noteAwake(Clock::duration lost, Clock::time_point now);
  void noteAsleep(Clock::duration lost);
  void endPause();

  Clock::duration sleeping_ = kSleeping;
  bool measured_ = false;
  Clock::duration credit_ = kMostCredit;
  // Calls since the last failure, or since the pause was made shorter.
  std::uint32_t passed_ = 0;
  // Of the pause under way.
  Clock::duration sum_{};
  std::uint32_t count_ = 0;
  bool paused_ = false;
  Clock::time_point until_{};
  Clock::duration pause_ = kFirstPause;
};

}  // namespace scard
