#include "core/spin_judge.h"

#include <algorithm>

namespace scard {

namespace {

// So many trials passed in a row halve the next pause.
constexpr std::uint32_t kPassedToForgive = 128;

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
  sum_ += lost;
  ++count_;
  if (sum_ > sleeping_ * kTrial) {
    paused_ = true;
    until_ = now + pause_;
    pause_ = std::min<Clock::duration>(pause_ * 2, kLongestPause);
    passed_ = 0;
  } else if (count_ < kTrial) {
    return;
  } else if (++passed_ >= kPassedToForgive) {
    pause_ = std::max<Clock::duration>(pause_ / 2, kFirstPause);
    passed_ = 0;
  }
  sum_ = {};
  count_ = 0;
}

void SpinJudge::noteAsleep(Clock::duration lost) {
  sum_ += std::min<Clock::duration>(lost, kMostOfOne);
  ++count_;
}

void SpinJudge::endPause() {
  paused_ = false;
  if (count_ >= kFewest) sleeping_ = (sleeping_ * 3 + sum_ / count_) / 4;
  sum_ = {};
  count_ = 0;
}

}  // namespace scard
