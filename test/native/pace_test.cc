// When threads wait awake, and when they do not.
#include "core/pace.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "test.h"

namespace scard {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

bool processorsToSpare() { return SpinPermits().any(); }

TEST("a card that answers soon is waited for awake, a slow one is not") {
  Pace pace(std::make_shared<SpinPermits>(), true);
  CHECK(!pace.brief());
  pace.answered(microseconds(100));
  CHECK_EQ(pace.brief(), processorsToSpare());
  for (int i = 0; i < 20; ++i) pace.answered(milliseconds(2));
  CHECK(!pace.brief());
  for (int i = 0; i < 20; ++i) pace.answered(microseconds(100));
  CHECK_EQ(pace.brief(), processorsToSpare());
}

TEST("many commands are waited for awake when all of them together are answered soon") {
  Pace pace(std::make_shared<SpinPermits>(), true);
  pace.answered(microseconds(100), 100);
  CHECK_EQ(pace.brief(100), processorsToSpare());
  CHECK(!pace.brief(1'000'000));
  pace.answered(microseconds(0), 0);
  CHECK_EQ(pace.brief(100), processorsToSpare());
}

TEST("nothing is waited for awake where that is switched off") {
  Pace pace(std::make_shared<SpinPermits>(), false);
  pace.answered(microseconds(1));
  pace.slept(microseconds(1));
  CHECK(!pace.brief());
  CHECK(!pace.expectsNext());
}

TEST("the next command is expected after a short sleep, and no more after one awake in vain") {
  Pace pace(std::make_shared<SpinPermits>(), true);
  pace.answered(microseconds(10));
  CHECK(!pace.expectsNext());
  pace.slept(milliseconds(5));
  CHECK(!pace.expectsNext());
  pace.slept(microseconds(20));
  CHECK_EQ(pace.expectsNext(), processorsToSpare());
  if (!processorsToSpare()) return;
  CHECK(pace.spin([] { return true; }));
  CHECK(pace.expectsNext());
  const auto begun = Pace::Clock::now();
  CHECK(!pace.spin([] { return false; }));
  CHECK(Pace::Clock::now() - begun >= Pace::kSpin);
  CHECK(!pace.expectsNext());
}

TEST("only so many threads wait awake at once as there are processors to spare") {
  SpinPermits permits;
  const auto most = std::max(static_cast<int>(std::thread::hardware_concurrency()), 1) / 2;
  for (int i = 0; i < most; ++i) CHECK(permits.take());
  CHECK(!permits.take());
  if (most == 0) return;
  permits.giveBack();
  CHECK(permits.take());
  CHECK(!permits.take());
}

}  // namespace
}  // namespace scard
