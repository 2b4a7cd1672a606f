// Sessions of a context: lists, waits with contexts of their own, closing.
#include "core/context_session.h"

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

using test::Bench;
using test::errorOf;

using Reports = std::vector<ReaderReport>;

TEST("a context is established on a thread of its own, lists readers and closes") {
  Bench bench;
  const auto context = bench.context();
  const auto list = bench.operation();
  context->listReaders(std::nullopt, list);
  const Outcome outcome = bench.take(list);
  CHECK_EQ(std::get<std::vector<std::string>>(std::get<Value>(outcome)),
           std::vector<std::string>{"Reader 0"});
  const auto close = bench.operation();
  context->close(close);
  CHECK(std::holds_alternative<Value>(bench.take(close)));
  CHECK_EQ(bench.api->openContexts(), 0U);
#if !defined(_WIN32)
  for (const auto& call : bench.api->calls()) CHECK_EQ(call.thread, "scard-context");
#endif
}

TEST("calls after close are refused as closed, a second close too") {
  Bench bench;
  const auto context = bench.context();
  context->close(bench.operation());
  std::vector<std::shared_ptr<Operation>> late;
  for (int i = 0; i < 5; ++i) late.push_back(bench.operation());
  context->listReaders(std::nullopt, late[0]);
  context->isValid(late[1]);
  context->getStatusChange({{"Reader 0", 0}}, 0, late[2]);
  context->connect({"Reader 0", {}, Disposition::kLeave}, late[3]);
  context->close(late[4]);
  for (const auto& operation : late)
    CHECK(errorOf(bench.take(operation)).reason == Reason::kClosed);
}

TEST("a context that cannot be established settles with the failure and leaves no thread") {
  Bench bench;
  bench.api->fail("SCardEstablishContext", code::kNoService);
  ContextRequest request;
  request.library = bench.api->library();
  const auto operation = bench.operation();
  std::make_shared<ContextSession>(bench.runtime, std::move(request))->start(operation);
  CHECK_EQ(errorOf(bench.take(operation)).value, code::kNoService);
  CHECK(bench.quiet());
}

TEST("an establish cancelled under way is released when it ends late") {
  Bench bench;
  bench.api->block("SCardEstablishContext");
  ContextRequest request;
  request.library = bench.api->library();
  const auto operation = bench.operation();
  std::make_shared<ContextSession>(bench.runtime, std::move(request))->start(operation);
  bench.api->awaitCalls("SCardEstablishContext", 1);
  CHECK(bench.cancel(operation));
  CHECK_EQ(errorOf(bench.take(operation)).value, code::kCancelled);
  bench.api->unblock("SCardEstablishContext");
  CHECK(bench.quiet());
  CHECK_EQ(bench.api->count("SCardReleaseContext"), 1U);
}

TEST("dropping the owner of a context releases it") {
  Bench bench;
  { const auto context = bench.context(); }
  CHECK(bench.quiet());
  CHECK_EQ(bench.api->count("SCardReleaseContext"), 1U);
}

TEST("a list cancelled while queued never reaches the table") {
  Bench bench;
  const auto context = bench.context();
  bench.api->block("SCardIsValidContext");
  const auto busy = bench.operation();
  context->isValid(busy);
  bench.api->awaitCalls("SCardIsValidContext", 1);
  const auto list = bench.operation();
  context->listReaders(std::nullopt, list);
  CHECK(bench.cancel(list));
  bench.api->unblock("SCardIsValidContext");
  static_cast<void>(bench.take(busy));
  const auto after = bench.operation();
  context->isValid(after);
  static_cast<void>(bench.take(after));
  CHECK_EQ(bench.api->count("SCardListReaders"), 0U);
}

TEST("waits run in parallel, each on a context of its own, and lists run beside them") {
  Bench bench;
  const auto context = bench.context();
  std::vector<std::shared_ptr<Operation>> waits;
  for (int i = 0; i < 6; ++i) waits.push_back(bench.wait(context));
  bench.api->awaitWaiting(6);
  CHECK_EQ(bench.runtime->counters().waits.load(), 6U);
  const auto list = bench.operation();
  context->listReaders(std::nullopt, list);
  CHECK(std::holds_alternative<Value>(bench.take(list)));
  bench.api->changeStates(0x22);
  for (const auto& wait : waits) {
    const Outcome outcome = bench.take(wait);
    const auto& reports = std::get<Reports>(std::get<Value>(outcome));
    REQUIRE(reports.size() == 1);
    CHECK_EQ(reports[0].eventState, 0x22U);
    CHECK_EQ(reports[0].atr, bench.api->atr);
  }
  std::set<std::int64_t> handles;
  for (const auto& call : bench.api->calls("SCardGetStatusChange")) handles.insert(call.handle);
  CHECK_EQ(handles.size(), 6U);
}

TEST("a timeout is its own result and its context serves the next wait") {
  Bench bench;
  const auto context = bench.context();
  for (int i = 0; i < 20; ++i) {
    // The waiter counts as idle shortly after the result is delivered: once in a while a second
    // one is started, but contexts never grow with the number of waits.
    CHECK_EQ(errorOf(bench.take(bench.wait(context, 0))).value, code::kTimeout);
  }
  CHECK(bench.api->count("SCardEstablishContext") <= 2 + 4U);
}

TEST("a cancelled wait ends at once, and its context is never used again") {
  Bench bench;
  const auto context = bench.context();
  const auto first = bench.wait(context);
  bench.api->awaitWaiting(1);
  CHECK(bench.cancel(first));
  CHECK_EQ(errorOf(bench.take(first)).value, code::kCancelled);
  const auto second = bench.wait(context, 0);
  CHECK_EQ(errorOf(bench.take(second)).value, code::kTimeout);
  const auto calls = bench.api->calls("SCardGetStatusChange");
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].handle != calls[1].handle);
}

TEST("a wait cancelled in the moment before it begins is not lost") {
  Bench bench;
  const auto context = bench.context();
  bench.api->block("SCardGetStatusChange");
  const auto wait = bench.wait(context);
  bench.api->awaitCalls("SCardGetStatusChange", 1);
  CHECK(bench.cancel(wait));
  bench.api->awaitCalls("SCardCancel", 2);
  bench.api->unblock("SCardGetStatusChange");
  const auto close = bench.operation();
  context->close(close);
  CHECK(std::holds_alternative<Value>(bench.take(close)));
  CHECK_EQ(bench.api->openContexts(), 0U);
}

TEST("cancelWaits ends every wait with SCARD_E_CANCELLED and the context goes on") {
  Bench bench;
  const auto context = bench.context();
  const std::vector waits{bench.wait(context), bench.wait(context), bench.wait(context)};
  context->cancelWaits();
  for (const auto& wait : waits) CHECK_EQ(errorOf(bench.take(wait)).value, code::kCancelled);
  const auto valid = bench.operation();
  context->isValid(valid);
  CHECK(std::holds_alternative<Value>(bench.take(valid)));
}

TEST("closing a context ends its waits as closed and releases all contexts before it settles") {
  Bench bench;
  const auto context = bench.context();
  const std::vector waits{bench.wait(context), bench.wait(context)};
  bench.api->awaitWaiting(2);
  const auto close = bench.operation();
  context->close(close);
  CHECK(std::holds_alternative<Value>(bench.take(close)));
  CHECK_EQ(bench.api->openContexts(), 0U);
  for (const auto& wait : waits) CHECK(errorOf(bench.take(wait)).reason == Reason::kClosed);
}

TEST("a wait goes on when the owner of its context is dropped") {
  Bench bench;
  std::shared_ptr<Operation> wait;
  {
    const auto context = bench.context();
    wait = bench.wait(context);
    bench.api->awaitWaiting(1);
  }
  bench.api->changeStates(0x10);
  CHECK(std::holds_alternative<Value>(bench.take(wait)));
  CHECK(bench.quiet());
  CHECK_EQ(bench.api->openContexts(), 0U);
}

TEST("a wait that cannot establish its context settles with that failure") {
  Bench bench;
  const auto context = bench.context();
  bench.api->fail("SCardEstablishContext", code::kNoMemory);
  CHECK_EQ(errorOf(bench.take(bench.wait(context))).value, code::kNoMemory);
}

TEST("a failed wait does not reuse its context") {
  Bench bench;
  const auto context = bench.context();
  bench.api->fail("SCardGetStatusChange", code::kServiceStopped);
  CHECK_EQ(errorOf(bench.take(bench.wait(context))).value, code::kServiceStopped);
  CHECK_EQ(bench.api->openContexts(), 1U);
}

TEST("waits started, changed and cancelled at once settle once each, 60 rounds") {
  for (int round = 0; round < 60; ++round) {
    Bench bench;
    const auto context = bench.context();
    std::vector<std::shared_ptr<Operation>> waits;
    for (int i = 0; i < 6; ++i) waits.push_back(bench.wait(context));
    std::thread changer([&] { bench.api->changeStates(0x20); });
    for (const auto& wait : waits) bench.cancel(wait);
    changer.join();
    for (const auto& wait : waits) static_cast<void>(bench.take(wait));
    const auto close = bench.operation();
    context->close(close);
    static_cast<void>(bench.take(close));
    CHECK_EQ(bench.api->openContexts(), 0U);
  }
}

}  // namespace
}  // namespace scard
