// Ends: closing with work in flight, a call that never returns in time, two runtimes at once.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/worker_group.h"
#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

using test::Bench;
using test::errorOf;

TEST("closing a context with a busy card waits for it and then has released everything") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context, Disposition::kReset);
  static_cast<void>(bench.card(context));
  bench.api->block("SCardTransmit");
  const auto busy = bench.transmit(card, {1});
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto queued = bench.transmit(card, {2});
  const auto close = bench.operation();
  context->close(close);
  CHECK(errorOf(bench.take(queued)).reason == Reason::kClosed);
  CHECK(!close->settled());
  bench.api->unblock("SCardTransmit");
  CHECK(std::holds_alternative<Value>(bench.take(busy)));
  CHECK(std::holds_alternative<Value>(bench.take(close)));
  CHECK_EQ(bench.api->openContexts(), 0U);
  CHECK_EQ(bench.api->count("SCardTransmit"), 1U);
}

TEST("closing a context during a connect undoes the connect") {
  Bench bench;
  const auto context = bench.context();
  bench.api->block("SCardConnect");
  const auto connecting = bench.connecting(context);
  bench.api->awaitCalls("SCardConnect", 1);
  const auto close = bench.operation();
  context->close(close);
  bench.api->unblock("SCardConnect");
  CHECK(errorOf(bench.take(connecting)).reason == Reason::kClosed);
  CHECK(std::holds_alternative<Value>(bench.take(close)));
  CHECK_EQ(bench.api->openContexts(), 0U);
}

TEST("a cancelled close still releases everything") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->block("SCardTransmit");
  static_cast<void>(bench.transmit(card, {1}));
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto close = bench.operation();
  context->close(close);
  CHECK(bench.cancel(close));
  bench.api->unblock("SCardTransmit");
  CHECK(bench.quiet());
  CHECK_EQ(bench.api->openContexts(), 0U);
}

TEST("closing the runtime with everything in flight delivers nothing and leaves nothing") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context, Disposition::kUnpower);
  const Lane lane = bench.begin(card, Disposition::kReset);
  static_cast<void>(bench.wait(context));
  static_cast<void>(bench.wait(context));
  bench.api->awaitWaiting(2);
  static_cast<void>(bench.transmit(card, {1}));
  const std::size_t delivered = bench.sink->delivered();
  bench.close();
  CHECK_EQ(bench.sink->delivered(), delivered);
  CHECK_EQ(bench.runtime->workers().live(), 0U);
  CHECK_EQ(bench.api->openContexts(), 0U);
  CHECK_EQ(bench.runtime->operations().pending(), 0U);
  CHECK_EQ(bench.api->count("SCardTransmit"), 0U);
  static_cast<void>(lane);
}

TEST("a runtime closes within its patience past a stuck call, whose late return cleans up") {
  Bench bench;
  auto context = std::make_optional(bench.context());
  auto card = std::make_optional(bench.card(*context, Disposition::kReset));
  bench.api->block("SCardTransmit");
  static_cast<void>(bench.transmit(*card, {1}));
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto start = std::chrono::steady_clock::now();
  bench.close(std::chrono::milliseconds(50));
  const auto spent = std::chrono::steady_clock::now() - start;
  CHECK(spent >= std::chrono::milliseconds(50));
  CHECK(spent < std::chrono::seconds(30));
  CHECK_EQ(bench.runtime->workers().live(), 1U);
  // The environment goes; the thread keeps what it needs.
  card.reset();
  context.reset();
  const std::weak_ptr<Runtime> runtime = bench.runtime;
  bench.runtime.reset();
  CHECK(!runtime.expired());
  bench.api->unblock("SCardTransmit");
  bench.api->awaitCalls("SCardDisconnect", 1);
  bench.api->awaitCalls("SCardReleaseContext", 2);
  CHECK_EQ(bench.api->calls("SCardDisconnect")[0].value, 1U);
  // The last owner of the runtime is its own thread: it goes when that has ended.
  while (!runtime.expired()) std::this_thread::yield();
}

TEST("two runtimes over one table do not disturb each other") {
  const auto api = test::ScriptedApi::create();
  Bench first;
  first.api = api;
  auto firstContext = std::make_optional(first.context());
  const auto wait = first.wait(*firstContext);
  api->awaitWaiting(1);
  {
    auto sink = std::make_shared<test::RecordingSink>();
    auto runtime = std::make_shared<Runtime>(sink);
    ContextRequest request;
    request.library = api->library();
    const auto establish = runtime->operations().create("SCardEstablishContext");
    std::make_shared<ContextSession>(runtime, std::move(request))->start(establish);
    Outcome outcome = sink->take(establish->id());
    auto second = std::move(std::get<Owner<ContextSession>>(std::get<Value>(outcome)));
    const auto pending = runtime->operations().create("SCardGetStatusChange");
    second->getStatusChange({{"Reader 0", 0}}, 0xFFFFFFFF, pending);
    api->awaitWaiting(2);
    runtime->close(std::chrono::seconds(60));
    CHECK_EQ(runtime->workers().live(), 0U);
  }
  CHECK(!wait->settled());
  CHECK_EQ(api->openContexts(), 2U);
  api->changeStates(0x10);
  CHECK(std::holds_alternative<Value>(first.take(wait)));
}

TEST("a runtime closed at any moment of connects, waits and transmissions, 60 times") {
  for (int round = 0; round < 60; ++round) {
    Bench bench;
    const auto context = bench.context();
    const auto card = bench.card(context);
    static_cast<void>(bench.connecting(context));
    static_cast<void>(bench.wait(context));
    static_cast<void>(bench.transmit(card, {1}));
    const auto begin = bench.operation();
    card->beginTransaction(Disposition::kLeave, begin);
    static_cast<void>(bench.transmit(card, {2}));
    bench.close();
    CHECK_EQ(bench.runtime->workers().live(), 0U);
    CHECK_EQ(bench.api->openContexts(), 0U);
  }
}

TEST("a group of threads goes while its threads end, 300 times") {
  for (int round = 0; round < 300; ++round) {
    std::atomic<int> ended{0};
    {
      WorkerGroup group;
      for (int i = 0; i < 3; ++i) CHECK(group.spawn("scard-test", [&] { ++ended; }));
      while (ended == 0) std::this_thread::yield();
    }
    while (ended != 3) std::this_thread::yield();
  }
}

TEST("a group may be destroyed by its own thread") {
  auto done = std::make_shared<std::atomic<bool>>(false);
  auto group = std::make_shared<WorkerGroup>();
  WorkerGroup& reference = *group;
  CHECK(reference.spawn("scard-test", [group = std::move(group), done]() mutable {
    group.reset();
    *done = true;
  }));
  while (!*done) std::this_thread::yield();
}

TEST("threads that have ended are counted out and waited for") {
  WorkerGroup group;
  for (int i = 0; i < 10; ++i) CHECK(group.spawn("scard-test", [] {}));
  CHECK(group.waitUntil(0, std::chrono::seconds(60)));
  CHECK_EQ(group.live(), 0U);
}

}  // namespace
}  // namespace scard
