// Waiting for the service by winscard's own event.
#include "core/service_watch.h"

#include <memory>
#include <string>

#include "session_harness.h"
#include "test.h"
#include "virtual_fixture.h"

namespace scard {
namespace {

using test::Bench;
using test::errorOf;

struct Watching : Bench {
  Watching() { api->winscard = true; }

  std::shared_ptr<Operation> watch() {
    ContextRequest request;
    request.library = api->library();
    const auto wanted = operation("SCardAccessStartedEvent");
    std::make_shared<ServiceWatch>(runtime, std::move(request))->start(wanted);
    return wanted;
  }
};

TEST("settles when the event is set, at once when it is already, and gives the event back") {
  Watching bench;
  const auto first = bench.watch();
  bench.api->awaitCalls("SCardAccessStartedEvent", 1);
  CHECK_EQ(bench.sink->delivered(), 0U);
  bench.api->started.set();
  CHECK(std::holds_alternative<Value>(bench.take(first)));
  CHECK(std::holds_alternative<Value>(bench.take(bench.watch())));
  CHECK_EQ(bench.api->count("SCardReleaseStartedEvent"), 2U);
}

TEST("a cancelled wait ends its thread and gives the event back") {
  Watching bench;
  const auto wanted = bench.watch();
  bench.api->awaitCalls("SCardAccessStartedEvent", 1);
  CHECK(bench.cancel(wanted));
  CHECK_EQ(errorOf(bench.take(wanted)).value, code::kCancelled);
  CHECK(bench.quiet());
  CHECK_EQ(bench.api->count("SCardReleaseStartedEvent"), 1U);
}

TEST("the end of the runtime ends the wait") {
  Watching bench;
  static_cast<void>(bench.watch());
  bench.api->awaitCalls("SCardAccessStartedEvent", 1);
  bench.close();
  CHECK(bench.quiet());
  CHECK_EQ(bench.api->count("SCardReleaseStartedEvent"), 1U);
}

TEST("no event and no function are failures") {
  Watching bench;
  bench.api->noStartedEvent = true;
  CHECK_EQ(errorOf(bench.take(bench.watch())).value, code::kNoService);
  CHECK_EQ(bench.api->count("SCardReleaseStartedEvent"), 0U);
  bench.api->winscard = false;
  CHECK(errorOf(bench.take(bench.watch())).reason == Reason::kFunctionMissing);
}

TEST("a hundred waits, cancelled as they begin, all end") {
  Watching bench;
  for (int i = 0; i < 100; ++i) {
    const auto wanted = bench.watch();
    bench.cancel(wanted);
    static_cast<void>(bench.take(wanted));
  }
  CHECK(bench.quiet());
}

TEST("the virtual service's event follows its stop and its start") {
  test::vrm::ResourceManager manager({.profile = test::vrm::Profile::windows()});
  Api api;
  manager.fill(api);
  Bench bench;
  const auto watch = [&] {
    ContextRequest request;
    request.library = Library::fromTable(api, {});
    const auto wanted = bench.operation();
    std::make_shared<ServiceWatch>(bench.runtime, std::move(request))->start(wanted);
    return wanted;
  };
  CHECK(std::holds_alternative<Value>(bench.take(watch())));
  manager.stopService();
  const auto wanted = watch();
  CHECK(test::eventually([&] { return bench.runtime->counters().waits == 1; }));
  manager.startService();
  CHECK(std::holds_alternative<Value>(bench.take(wanted)));
}

}  // namespace
}  // namespace scard
