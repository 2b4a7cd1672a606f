// Operations: settled once, by whoever comes first.
#include "core/operation.h"

#include <atomic>
#include <barrier>
#include <memory>
#include <thread>
#include <vector>

#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

struct Fixture {
  std::shared_ptr<test::RecordingSink> sink = std::make_shared<test::RecordingSink>();
  std::shared_ptr<Operations> operations = std::make_shared<Operations>(sink);
};

TEST("an operation is settled once; the second outcome is told so and dropped") {
  Fixture f;
  const auto operation = f.operations->create("SCardStatus");
  CHECK(operation->settle(Value(true)));
  CHECK(!operation->settle(Value(false)));
  CHECK(!f.operations->cancel(operation->id()));
  CHECK_EQ(f.sink->delivered(), 1U);
  const Outcome outcome = f.sink->take(operation->id());
  CHECK(std::get<bool>(std::get<Value>(outcome)));
  CHECK_EQ(f.operations->pending(), 0U);
}

TEST("a cancelled operation settles at once with SCARD_E_CANCELLED and its own call") {
  Fixture f;
  const auto operation = f.operations->create("SCardConnect");
  int cancelled = 0;
  operation->onCancel([&] { ++cancelled; });
  CHECK(f.operations->cancel(operation->id()));
  CHECK(!f.operations->cancel(operation->id()));
  const Error error = test::errorOf(f.sink->take(operation->id()));
  CHECK_EQ(error.value, code::kCancelled);
  CHECK_EQ(std::string(error.call), "SCardConnect");
  CHECK_EQ(cancelled, 1);
}

TEST("cancelling with a reason settles with that reason") {
  Fixture f;
  const auto operation = f.operations->create("SCardConnect");
  CHECK(f.operations->cancel(operation->id(), Reason::kClosed));
  CHECK(test::errorOf(f.sink->take(operation->id())).reason == Reason::kClosed);
}

TEST("an id that was never given cancels nothing") {
  Fixture f;
  CHECK(!f.operations->cancel(99));
}

TEST("closing settles all, runs their cancel actions and delivers nothing") {
  Fixture f;
  const auto first = f.operations->create("SCardStatus");
  const auto second = f.operations->create("SCardStatus");
  int cancelled = 0;
  second->onCancel([&] { ++cancelled; });
  f.operations->close();
  CHECK(first->settled());
  CHECK(second->settled());
  CHECK_EQ(cancelled, 1);
  CHECK_EQ(f.operations->pending(), 0U);
  CHECK_EQ(f.sink->delivered(), 0U);
  f.operations->create("SCardStatus")->settle(Value(true));
  CHECK_EQ(f.sink->delivered(), 0U);
}

TEST("a closed set of operations gives its sink back") {
  Fixture f;
  f.operations->close();
  CHECK_EQ(f.sink.use_count(), 1);
}

TEST("settling and cancelling at the same moment deliver exactly one outcome, 2000 times") {
  Fixture f;
  constexpr int kRounds = 2000;
  std::barrier start(2);
  std::vector<std::shared_ptr<Operation>> all;
  for (int i = 0; i < kRounds; ++i) all.push_back(f.operations->create("SCardStatus"));
  std::atomic<int> settled{0};
  std::atomic<int> cancelled{0};
  std::thread worker([&] {
    for (const auto& operation : all) {
      start.arrive_and_wait();
      settled += operation->settle(Value(true)) ? 1 : 0;
    }
  });
  for (const auto& operation : all) {
    start.arrive_and_wait();
    cancelled += f.operations->cancel(operation->id()) ? 1 : 0;
  }
  worker.join();
  CHECK_EQ(settled + cancelled, kRounds);
  CHECK_EQ(f.sink->delivered(), std::size_t{kRounds});
  CHECK_EQ(f.operations->pending(), 0U);
}

TEST("closing while others settle and create neither loses nor repeats an operation") {
  for (int round = 0; round < 200; ++round) {
    Fixture f;
    std::vector<std::shared_ptr<Operation>> all;
    for (int i = 0; i < 20; ++i) all.push_back(f.operations->create("SCardStatus"));
    std::barrier start(2);
    std::thread worker([&] {
      start.arrive_and_wait();
      for (const auto& operation : all) operation->settle(Value(true));
    });
    start.arrive_and_wait();
    f.operations->close();
    worker.join();
    for (const auto& operation : all) CHECK(operation->settled());
    CHECK_EQ(f.operations->pending(), 0U);
  }
}

}  // namespace
}  // namespace scard
