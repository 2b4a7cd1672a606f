// The queue of a session: order, lanes, and what happens to jobs that can never run.
#include "core/lane_queue.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

struct Queue {
  ~Queue() { all->close(); }

  Job job(const std::string& name) {
    operations.push_back(all->create("SCardTest"));
    return {operations.back(), [this, name](Operation&) { ran.push_back(name); }};
  }
  void push(Lane lane, const std::string& name) { queue.push(lane, job(name)); }
  void runNext() {
    auto next = queue.next();
    REQUIRE(next.has_value());
    next->body(*next->operation);
  }
  /// How the n-th job made was settled.
  Reason reason(std::size_t n) {
    REQUIRE(operations[n]->settled());
    return test::errorOf(sink->take(operations[n]->id())).reason;
  }

  std::shared_ptr<test::RecordingSink> sink = std::make_shared<test::RecordingSink>();
  std::shared_ptr<Operations> all = std::make_shared<Operations>(sink);
  std::vector<std::shared_ptr<Operation>> operations;
  std::vector<std::string> ran;
  LaneQueue queue;
};

TEST("jobs run first in, first out") {
  Queue q;
  for (const char* name : {"a", "b", "c"}) q.push(0, name);
  for (int i = 0; i < 3; ++i) q.runNext();
  CHECK_EQ(q.ran, (std::vector<std::string>{"a", "b", "c"}));
}

TEST("while a lane is open its jobs run and what is outside keeps its place") {
  Queue q;
  q.push(0, "outside 1");
  const Lane lane = q.queue.openLane();
  q.push(0, "outside 2");
  q.push(lane, "inside 1");
  q.push(lane, "inside 2");
  q.runNext();
  q.runNext();
  q.queue.closeLane();
  q.runNext();
  q.runNext();
  CHECK_EQ(q.ran, (std::vector<std::string>{"inside 1", "inside 2", "outside 1", "outside 2"}));
}

TEST("the end of a lane drops its queued jobs as transaction-ended and runs itself") {
  Queue q;
  const Lane lane = q.queue.openLane();
  q.push(lane, "dropped");
  q.queue.pushEnd(lane, q.job("end"));
  q.push(lane, "late");
  q.queue.pushEnd(lane, q.job("second end"));
  q.runNext();
  CHECK_EQ(q.ran, std::vector<std::string>{"end"});
  CHECK(q.reason(0) == Reason::kTransactionEnded);
  CHECK(!q.operations[1]->settled());
  CHECK(q.reason(2) == Reason::kTransactionEnded);
  CHECK(q.reason(3) == Reason::kTransactionEnded);
}

TEST("a lane that is not open is refused: one never opened, one of before, none to end") {
  Queue q;
  q.push(7, "never opened");
  const Lane first = q.queue.openLane();
  q.queue.closeLane();
  q.push(first, "closed");
  const Lane second = q.queue.openLane();
  CHECK(second != first);
  q.push(first, "stale");
  q.queue.pushEnd(first, q.job("stale end"));
  q.queue.pushEnd(0, q.job("end of nothing"));
  for (std::size_t n = 0; n < 5; ++n) CHECK(q.reason(n) == Reason::kTransactionEnded);
}

TEST("closing a lane fails the jobs still in it") {
  Queue q;
  const Lane lane = q.queue.openLane();
  q.push(lane, "left");
  q.queue.closeLane();
  CHECK(q.reason(0) == Reason::kTransactionEnded);
}

TEST("closing the queue fails all that waits, inside and outside, and refuses what comes") {
  Queue q;
  q.push(0, "outside");
  const Lane lane = q.queue.openLane();
  q.push(lane, "inside");
  q.queue.close();
  q.push(0, "late");
  q.push(lane, "late inside");
  q.queue.pushEnd(lane, q.job("late end"));
  CHECK(q.queue.closed());
  CHECK(!q.queue.next().has_value());
  for (std::size_t n = 0; n < 5; ++n) CHECK(q.reason(n) == Reason::kClosed);
  CHECK(q.ran.empty());
}

TEST("closing wakes the thread that waits for a job") {
  Queue q;
  bool ended = false;
  std::thread runner([&] { ended = !q.queue.next().has_value(); });
  q.queue.close();
  runner.join();
  CHECK(ended);
}

TEST("closing with a job fails the others, runs it last, once, and only the first of them") {
  Queue q;
  q.push(0, "dropped");
  q.queue.closeWith(q.job("last"));
  q.queue.closeWith(q.job("second last"));
  q.queue.close();
  q.runNext();
  CHECK(!q.queue.next().has_value());
  CHECK_EQ(q.ran, std::vector<std::string>{"last"});
  CHECK(q.reason(0) == Reason::kClosed);
  CHECK(q.reason(2) == Reason::kClosed);
}

TEST("jobs pushed by many threads while it closes are each run or failed, never lost") {
  for (int round = 0; round < 100; ++round) {
    const auto sink = std::make_shared<test::RecordingSink>();
    const auto all = std::make_shared<Operations>(sink);
    LaneQueue queue;
    constexpr std::size_t kEach = 20;
    const auto push = [&] {
      for (std::size_t i = 0; i < kEach; ++i) {
        queue.push(0, {all->create("SCardTest"),
                       [](Operation& op) { op.settle(Value(std::monostate{})); }});
      }
    };
    std::thread runner([&] {
      while (auto job = queue.next()) job->body(*job->operation);
    });
    std::thread first(push);
    std::thread second(push);
    first.join();
    queue.close();
    second.join();
    runner.join();
    CHECK_EQ(sink->delivered(), 2 * kEach);
    CHECK_EQ(all->pending(), 0U);
  }
}

}  // namespace
}  // namespace scard
