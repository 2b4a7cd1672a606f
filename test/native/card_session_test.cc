// Sessions of a card: the queue, transactions, cancelling and undoing what ends late.
#include "core/card_session.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

using test::Bench;
using test::Bytes;
using test::errorOf;

bool succeeded(const Outcome& outcome) { return std::holds_alternative<Value>(outcome); }

Bytes responseOf(const Outcome& outcome) {
  const auto bytes = std::get<ResponseBytes>(std::get<Value>(outcome)).bytes();
  return Bytes(bytes.begin(), bytes.end());
}

TEST("a card has a context of its own and gives both back, the card first") {
  Bench bench;
  const auto context = bench.context();
  {
    const auto card = bench.card(context);
    CHECK_EQ(bench.api->openContexts(), 2U);
    CHECK_EQ(bench.runtime->counters().cards.load(), 1U);
  }
  CHECK(bench.quiet(1));
  CHECK_EQ(bench.api->openContexts(), 1U);
  CHECK_EQ(bench.runtime->counters().cards.load(), 0U);
}

TEST("a refused connection releases its context") {
  Bench bench;
  const auto context = bench.context();
  bench.api->fail("SCardConnect", code::kSharingViolation);
  CHECK_EQ(errorOf(bench.take(bench.connecting(context))).value, code::kSharingViolation);
  CHECK_EQ(bench.api->openContexts(), 1U);
}

TEST("a connect cancelled under way settles at once and is undone when it ends late") {
  Bench bench;
  const auto context = bench.context();
  bench.api->block("SCardConnect");
  const auto connecting = bench.connecting(context, Disposition::kReset);
  bench.api->awaitCalls("SCardConnect", 1);
  CHECK(bench.cancel(connecting));
  CHECK_EQ(errorOf(bench.take(connecting)).value, code::kCancelled);
  bench.api->unblock("SCardConnect");
  CHECK(bench.quiet(1));
  CHECK_EQ(bench.api->count("SCardDisconnect"), 1U);
  CHECK_EQ(bench.api->openContexts(), 1U);
}

TEST("connecting and cancelling at any moment leaves nothing connected, 100 times") {
  for (int round = 0; round < 100; ++round) {
    Bench bench;
    const auto context = bench.context();
    const auto connecting = bench.connecting(context);
    bench.cancel(connecting);
    { const Outcome outcome = bench.take(connecting); }
    CHECK(bench.quiet(1));
    CHECK_EQ(bench.api->openCards(), 0U);
  }
}

TEST("10000 transmissions made at once are executed and answered in order") {
  constexpr std::size_t kCount = 10000;
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = [](const Bytes& sent) { return sent; };
  std::vector<std::shared_ptr<Operation>> all;
  for (std::size_t i = 0; i < kCount; ++i) {
    all.push_back(bench.transmit(
        card, {static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i & 0xFF)}));
  }
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const Bytes expected{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i & 0xFF)};
    wrong += responseOf(bench.take(all[i])) == expected ? 0U : 1U;
  }
  CHECK_EQ(wrong, 0U);
  const auto calls = bench.api->calls("SCardTransmit");
  REQUIRE(calls.size() == kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    wrong += calls[i].bytes[0] * 256U + calls[i].bytes[1] == i ? 0U : 1U;
  }
  CHECK_EQ(wrong, 0U);
}

TEST("a transmission cancelled while queued never reaches the table") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->block("SCardTransmit");
  const auto first = bench.transmit(card, {1});
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto second = bench.transmit(card, {2});
  CHECK(bench.cancel(second));
  CHECK_EQ(errorOf(bench.take(second)).value, code::kCancelled);
  bench.api->unblock("SCardTransmit");
  CHECK(succeeded(bench.take(first)));
  CHECK(succeeded(bench.take(bench.transmit(card, {3}))));
  const auto calls = bench.api->calls("SCardTransmit");
  REQUIRE(calls.size() == 2);
  CHECK_EQ(calls[1].bytes, Bytes{3});
}

TEST("one card that blocks does not delay another") {
  Bench bench;
  const auto context = bench.context();
  const auto slow = bench.card(context);
  const auto quick = bench.card(context);
  bench.api->block("SCardTransmit");
  const auto stuck = bench.transmit(slow, {1});
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto status = bench.operation();
  quick->status(0, status);
  CHECK(succeeded(bench.take(status)));
  CHECK(!stuck->settled());
  bench.api->unblock("SCardTransmit");
  CHECK(succeeded(bench.take(stuck)));
}

TEST("every call of a card reaches its function and brings its value back") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = [](const Bytes& sent) { return sent; };
  const auto control = bench.operation();
  card->control(0, 0x42000D48, {5, 6}, control);
  CHECK_EQ(responseOf(bench.take(control)), (Bytes{5, 6}));
  CHECK_EQ(bench.api->calls("SCardControl")[0].value, 0x42000D48U);
  const auto get = bench.operation();
  card->getAttrib(0, 0x90303, get);
  CHECK_EQ(responseOf(bench.take(get)), bench.api->atr);
  const auto set = bench.operation();
  card->setAttrib(0, 0x7A007, {9}, set);
  CHECK(succeeded(bench.take(set)));
  CHECK_EQ(bench.api->calls("SCardSetAttrib")[0].bytes, Bytes{9});
  const auto reconnect = bench.operation();
  card->reconnect(0, {}, 1, reconnect);
  const Outcome outcome = bench.take(reconnect);
  CHECK_EQ(std::get<std::uint32_t>(std::get<Value>(outcome)), 2U);
}

TEST("calls outside a transaction wait behind it while its own run") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  const Lane lane = bench.begin(card);
  const auto outside = bench.transmit(card, {0xEE});
  CHECK(succeeded(bench.take(bench.transmit(card, {1}, lane))));
  CHECK(succeeded(bench.take(bench.transmit(card, {2}, lane))));
  CHECK(!outside->settled());
  const auto end = bench.operation();
  card->endTransaction(lane, Disposition::kUnpower, end);
  CHECK(succeeded(bench.take(end)));
  CHECK(succeeded(bench.take(outside)));
  const auto calls = bench.api->calls("SCardTransmit");
  REQUIRE(calls.size() == 3);
  CHECK_EQ(calls[2].bytes, Bytes{0xEE});
  REQUIRE(bench.api->count("SCardEndTransaction") == 1);
  CHECK_EQ(bench.api->calls("SCardEndTransaction")[0].value, 2U);
  CHECK(errorOf(bench.take(bench.transmit(card, {4}, lane))).reason == Reason::kTransactionEnded);
}

TEST("a second transaction waits for the first and gets a lane of its own") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  const Lane first = bench.begin(card);
  const auto waiting = bench.operation();
  card->beginTransaction(Disposition::kLeave, waiting);
  const auto end = bench.operation();
  card->endTransaction(first, Disposition::kLeave, end);
  CHECK(succeeded(bench.take(end)));
  const Outcome outcome = bench.take(waiting);
  CHECK(std::get<std::uint32_t>(std::get<Value>(outcome)) != first);
}

TEST("a begin cancelled while it waits for the lock gives the lock back untouched") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->block("SCardBeginTransaction");
  const auto begin = bench.operation();
  card->beginTransaction(Disposition::kReset, begin);
  bench.api->awaitCalls("SCardBeginTransaction", 1);
  CHECK(bench.cancel(begin));
  bench.api->unblock("SCardBeginTransaction");
  CHECK(succeeded(bench.take(bench.transmit(card, {1}))));
  REQUIRE(bench.api->count("SCardEndTransaction") == 1);
  CHECK_EQ(bench.api->calls("SCardEndTransaction")[0].value, 0U);
}

TEST("beginning and cancelling at any moment never keeps the lock, 100 times") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  for (int round = 0; round < 100; ++round) {
    const auto begin = bench.operation();
    card->beginTransaction(Disposition::kLeave, begin);
    if (!bench.cancel(begin)) {
      const Outcome outcome = bench.take(begin);
      card->endTransaction(std::get<std::uint32_t>(std::get<Value>(outcome)), Disposition::kLeave,
                           bench.operation());
    }
    CHECK(succeeded(bench.take(bench.transmit(card, {1}))));
  }
  CHECK_EQ(bench.api->count("SCardBeginTransaction"), bench.api->count("SCardEndTransaction"));
}

TEST("a cancelled end still gives the lock back") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  const Lane lane = bench.begin(card);
  bench.api->block("SCardTransmit");
  const auto busy = bench.transmit(card, {1}, lane);
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto end = bench.operation();
  card->endTransaction(lane, Disposition::kReset, end);
  CHECK(bench.cancel(end));
  bench.api->unblock("SCardTransmit");
  CHECK(succeeded(bench.take(busy)));
  CHECK(succeeded(bench.take(bench.transmit(card, {2}))));
  REQUIRE(bench.api->count("SCardEndTransaction") == 1);
  CHECK_EQ(bench.api->calls("SCardEndTransaction")[0].value, 1U);
}

TEST("a transaction whose card was lost still frees the queue, and the failure is told") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  const Lane lane = bench.begin(card);
  bench.api->fail("SCardEndTransaction", code::kRemovedCard);
  const auto end = bench.operation();
  card->endTransaction(lane, Disposition::kLeave, end);
  CHECK_EQ(errorOf(bench.take(end)).value, code::kRemovedCard);
  CHECK(succeeded(bench.take(bench.transmit(card, {1}))));
}

TEST("a refused begin opens no lane") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->fail("SCardBeginTransaction", code::kResetCard);
  const auto begin = bench.operation();
  card->beginTransaction(Disposition::kLeave, begin);
  CHECK_EQ(errorOf(bench.take(begin)).value, code::kResetCard);
  CHECK(succeeded(bench.take(bench.transmit(card, {1}))));
  CHECK_EQ(bench.api->count("SCardEndTransaction"), 0U);
}

TEST("a disconnect uses its disposition, releases the context and refuses what follows") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context, Disposition::kReset);
  const auto first = bench.operation();
  const auto second = bench.operation();
  card->disconnect(Disposition::kEject, first);
  CHECK(succeeded(bench.take(first)));
  card->disconnect(Disposition::kEject, second);
  CHECK(errorOf(bench.take(second)).reason == Reason::kClosed);
  CHECK(errorOf(bench.take(bench.transmit(card, {1}))).reason == Reason::kClosed);
  REQUIRE(bench.api->count("SCardDisconnect") == 1);
  CHECK_EQ(bench.api->calls("SCardDisconnect")[0].value, 3U);
  CHECK_EQ(bench.api->openContexts(), 1U);
}

TEST("a failed disconnect is told and releases the context all the same") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->fail("SCardDisconnect", code::kReaderUnavailable);
  const auto disconnect = bench.operation();
  card->disconnect(Disposition::kLeave, disconnect);
  CHECK_EQ(errorOf(bench.take(disconnect)).value, code::kReaderUnavailable);
  CHECK_EQ(bench.api->openContexts(), 1U);
}

TEST("a disconnect queued behind a busy card keeps its disposition when the context closes") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->block("SCardTransmit");
  const auto busy = bench.transmit(card, {1});
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto waiting = bench.transmit(card, {2});
  const auto disconnect = bench.operation("SCardDisconnect");
  card->disconnect(Disposition::kReset, disconnect);
  const auto again = bench.operation("SCardDisconnect");
  card->disconnect(Disposition::kEject, again);
  const auto close = bench.operation("SCardReleaseContext");
  context->close(close);
  CHECK(errorOf(bench.take(waiting)).reason == Reason::kClosed);
  bench.api->unblock("SCardTransmit");
  CHECK(succeeded(bench.take(busy)));
  CHECK(succeeded(bench.take(disconnect)));
  CHECK(errorOf(bench.take(again)).reason == Reason::kClosed);
  CHECK(succeeded(bench.take(close)));
  const auto calls = bench.api->calls("SCardDisconnect");
  REQUIRE(calls.size() == 1);
  CHECK_EQ(calls[0].value, static_cast<std::uint32_t>(Disposition::kReset));
}

TEST("an abandoned card ends its transaction, then itself, each with its own disposition") {
  Bench bench;
  const auto context = bench.context();
  {
    const auto card = bench.card(context, Disposition::kUnpower);
    static_cast<void>(bench.begin(card, Disposition::kReset));
  }
  CHECK(bench.quiet(1));
  std::vector<std::string> names;
  for (const auto& call : bench.api->calls()) names.push_back(call.name);
  const std::vector<std::string> last(names.end() - 3, names.end());
  CHECK_EQ(last, (std::vector<std::string>{"SCardEndTransaction", "SCardDisconnect",
                                           "SCardReleaseContext"}));
  CHECK_EQ(bench.api->calls("SCardEndTransaction")[0].value, 1U);
  CHECK_EQ(bench.api->calls("SCardDisconnect")[0].value, 2U);
}

TEST("a card outlives the owner of its context") {
  Bench bench;
  std::optional<Owner<CardSession>> card;
  {
    const auto context = bench.context();
    card.emplace(bench.card(context));
  }
  CHECK(succeeded(bench.take(bench.transmit(*card, {1}))));
}

TEST("what a card wrote in the same buffer before is not part of the next answer") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = [](const Bytes& sent) { return Bytes(sent[0], sent[0]); };
  CHECK_EQ(responseOf(bench.take(bench.transmit(card, {200}))).size(), 200U);
  CHECK_EQ(responseOf(bench.take(bench.transmit(card, {3}))), (Bytes{3, 3, 3}));
  CHECK_EQ(responseOf(bench.take(bench.transmit(card, {0}))), Bytes{});
}

}  // namespace
}  // namespace scard
