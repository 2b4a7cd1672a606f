// When waiting awake is given up, for how long, and when it is taken up again.
#include "core/spin_judge.h"

#include <algorithm>

#include "test.h"

namespace scard {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// A program that makes one call after the other; what it loses depends on how it waits.
struct Program {
  SpinJudge judge;
  SpinJudge::Clock::time_point now{milliseconds(1)};

  bool call(SpinJudge::Clock::duration awake, SpinJudge::Clock::duration asleep) {
    const bool wasAwake = judge.awake(now);
    const auto lost = wasAwake ? awake : asleep;
    now += lost;
    judge.note(wasAwake, lost, now);
    return wasAwake;
  }

  /// How long the program slept from now on until it waits awake again.
  SpinJudge::Clock::duration pause(microseconds asleep) {
    const auto begun = now;
    while (!judge.awake(now)) now += asleep;
    return now - begun;
  }

  /// Calls until they are no longer waited for awake.
  void fail() {
    while (call(milliseconds(4), microseconds(20)))
      ;
  }
};

TEST("calls that lose little are waited for awake throughout") {
  Program program;
  for (int i = 0; i < 100'000; ++i) CHECK(program.call(microseconds(3), microseconds(40)));
}

TEST("a call that takes long once does not matter, if others make up for it") {
  Program program;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 63; ++i) CHECK(program.call(microseconds(3), microseconds(40)));
    CHECK(program.call(milliseconds(1), microseconds(40)));
  }
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 999; ++i) CHECK(program.call(microseconds(3), microseconds(40)));
    CHECK(program.call(milliseconds(9), microseconds(40)));
  }
}

TEST("calls that lose a little more than sleeping does are given up in the end") {
  Program program;
  int awake = 0;
  for (int i = 0; i < 100'000; ++i)
    awake += program.call(microseconds(25), microseconds(20)) ? 1 : 0;
  CHECK(awake < 30'000);
}

TEST("after a failure threads sleep, for twice as long each time, up to a limit") {
  Program program;
  SpinJudge::Clock::duration expected = SpinJudge::kFirstPause;
  for (int i = 0; i < 12; ++i) {
    program.fail();
    const auto slept = program.pause(microseconds(20));
    CHECK(slept + microseconds(40) >= expected);
    CHECK(slept <= expected + microseconds(40));
    expected = std::min<SpinJudge::Clock::duration>(expected * 2, SpinJudge::kLongestPause);
  }
}

TEST("the pauses become short again when waiting awake has paid for long") {
  Program program;
  for (int i = 0; i < 12; ++i) {
    program.fail();
    static_cast<void>(program.pause(microseconds(20)));
  }
  for (int i = 0; i < 100'000; ++i) CHECK(program.call(microseconds(3), microseconds(20)));
  program.fail();
  CHECK(program.pause(microseconds(20)) <= SpinJudge::kFirstPause + microseconds(40));
}

TEST("what sleeping costs is learnt: where it costs more, waiting awake may cost more") {
  Program program;
  // Fails at first, since 30 us are more than what is assumed of sleeping.
  int awake = 0;
  for (int i = 0; i < 200'000; ++i)
    awake += program.call(microseconds(30), microseconds(90)) ? 1 : 0;
  for (int i = 0; i < 10'000; ++i) CHECK(program.call(microseconds(30), microseconds(90)));
  CHECK(awake > 150'000);
}

TEST("on a busy computer a program loses next to nothing against one that always sleeps") {
  // Seen with twice as many busy programs as processors: a stop of 8 ms after each 4 ms of work
  // that was waited for awake, and 22 us for each call that was slept for.
  Program program;
  const auto begun = program.now;
  constexpr int kCalls = 400'000;
  auto since = microseconds(0);
  for (int i = 0; i < kCalls; ++i) {
    const bool stopped = since >= milliseconds(4);
    const auto lost = stopped ? microseconds(8000) : microseconds(4);
    if (program.call(lost, microseconds(22))) since = stopped ? microseconds(0) : since + lost;
  }
  CHECK((program.now - begun) / kCalls < microseconds(23));
}

TEST("a call that began before a pause tells nothing of it") {
  SpinJudge judge;
  const SpinJudge::Clock::time_point now{milliseconds(1)};
  CHECK(judge.awake(now));
  judge.note(true, milliseconds(50), now);
  CHECK(!judge.awake(now));
  for (int i = 0; i < 1000; ++i) judge.note(true, milliseconds(50), now);
  CHECK(judge.awake(now + SpinJudge::kFirstPause));
}

}  // namespace
}  // namespace scard
