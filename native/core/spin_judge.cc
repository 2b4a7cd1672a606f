#include "core/spin_judge.h"

#include <algorithm>

namespace scard {

namespace {

// So many calls in a row without a failure halve the next pause.
constexpr std::uint32_t kPassedToForgive = 128 * SpinJudge::kTrial;

// Most that one call counts for when threads sleep: a single long one says nothing of sleeping.
constexpr std::chrono::microseconds kMostOfOne{200};

// A pause with fewer calls says nothing.
constexpr std::uint32_t kFewest = 8;

}  // namespace

bool SpinJudge::awake(Clock::time_point now) {
  if (paused_ && now >= until_) endPause();
  return !paused_;
}

void SpinJudge::note(bool awake, Clock::duration lost, Clock::time_point now) {
  // One that began before a pause did, or before it ended, belongs to neither.
  if (awake == paused_) return;
  if (awake) {
    noteAwake(lost, now);
  } else {
    noteAsleep(lost);
  }
}

void SpinJudge::noteAwake(Clock::duration lost, Clock::time_point now) {
  credit_ = std::min<Clock::duration>(credit_ + sleeping_ - lost, kMostCredit);
  if (credit_ < Clock::duration()) {
    paused_ = true;
    until_ = now + pause_;
    pause_ = std::min<Clock::duration>(pause_ * 2, kLongestPause);
    passed_ = 0;
  } else if (++passed_ >= kPassedToForgive) {
    pause_ = std::max<Clock::duration>(pause_ / 2, kFirstPause);
    passed_ = 0;
  }
}

void SpinJudge::noteAsleep(Clock::duration lost) {
  sum_ += std::min<Clock::duration>(lost, kMostOfOne);
  ++count_;
}

void SpinJudge::endPause() {
  paused_ = false;
  if (count_ >= kFewest) {
    const auto found = sum_ / count_;
    // The first time there is only an assumption to be weighed against.
    sleeping_ = measured_ ? (sleeping_ * 3 + found) / 4 : found;
    measured_ = true;
  }
  sum_ = {};
  count_ = 0;
  credit_ = sleeping_ * kTrial;
}

}  // namespace scard
