// The way of a single APDU: order, giving up, who owns what when, and that it allocates nothing.
#include "core/exchange.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "allocations.h"
#include "core/fifo.h"
#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

using test::Bench;
using test::Bytes;

std::unique_ptr<Exchange> exchangeOf(const Bytes& command) {
  auto exchange = std::make_unique<Exchange>();
  exchange->prepare(command, 0);
  return exchange;
}

Bytes responseOf(const Exchange& exchange) {
  const auto bytes = exchange.response();
  return {bytes.begin(), bytes.end()};
}

Reason reasonOf(const Exchange& exchange) {
  return exchange.failure().has_value() ? exchange.failure()->reason : Reason::kPcsc;
}

TEST("a queue in one block keeps the order over growing and going round") {
  Fifo<int> fifo;
  int in = 0;
  int out = 0;
  for (int round = 1; round < 60; ++round) {
    for (int i = 0; i < round; ++i) fifo.push(in++);
    for (int i = 0; i < round - (round % 3); ++i) CHECK_EQ(fifo.pop(), out++);
  }
  while (!fifo.empty()) CHECK_EQ(fifo.pop(), out++);
  CHECK_EQ(in, out);
}

TEST("APDUs and operations of a card run and are delivered in the order made") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = [](const Bytes& command) { return Bytes{command[0], 0x90, 0x00}; };
  bench.api->block("SCardTransmit");
  card->submit(0, exchangeOf({1}));
  const auto status = bench.operation();
  card->status(0, status);
  card->submit(0, exchangeOf({2}));
  bench.api->unblock("SCardTransmit");
  CHECK_EQ(responseOf(*bench.sink->takeExchange()), (Bytes{1, 0x90, 0x00}));
  CHECK_EQ(responseOf(*bench.sink->takeExchange()), (Bytes{2, 0x90, 0x00}));
  CHECK(status->settled());
  const auto calls = bench.api->calls();
  CHECK_EQ(calls[calls.size() - 2].name, "SCardStatus");
}

TEST("a failed APDU has the call and the code") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->fail("SCardTransmit", code::kRemovedCard);
  card->submit(0, exchangeOf({1}));
  const auto done = bench.sink->takeExchange();
  REQUIRE(done->failure().has_value());
  CHECK_EQ(done->failure()->value, code::kRemovedCard);
  CHECK_EQ(std::string(done->failure()->call), "SCardTransmit");
}

TEST("an APDU given up while it waits never reaches the card, and comes back wiped") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->block("SCardTransmit");
  card->submit(0, exchangeOf({1}));
  bench.api->awaitCalls("SCardTransmit", 1);
  auto second = exchangeOf(Bytes(300, 0x31));
  Exchange* const waiting = second.get();
  card->submit(0, std::move(second));
  waiting->abandon();
  bench.api->unblock("SCardTransmit");
  static_cast<void>(bench.sink->takeExchange());
  const auto back = bench.sink->takeExchange();
  CHECK_EQ(back.get(), waiting);
  CHECK(back->command().empty());
  CHECK_EQ(bench.api->count("SCardTransmit"), 1U);
}

TEST("a short command is zero in memory when its answer is delivered") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  card->submit(0, exchangeOf(Bytes(Exchange::kShort, 0x31)));
  const auto done = bench.sink->takeExchange();
  const auto* bytes = bench.api->calls("SCardTransmit").at(0).address;
  CHECK(std::all_of(bytes, bytes + Exchange::kShort, [](std::uint8_t byte) { return byte == 0; }));
}

TEST("an APDU is refused by a lane that is not open, and by a card that is closed") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  card->submit(7, exchangeOf({1}));
  CHECK(reasonOf(*bench.sink->takeExchange()) == Reason::kTransactionEnded);
  const auto disconnect = bench.operation();
  card->disconnect(Disposition::kLeave, disconnect);
  static_cast<void>(bench.take(disconnect));
  card->submit(0, exchangeOf(Bytes(300, 0x31)));
  const auto refused = bench.sink->takeExchange();
  CHECK(reasonOf(*refused) == Reason::kClosed);
  CHECK(refused->command().empty());
  CHECK_EQ(bench.api->count("SCardTransmit"), 0U);
}

TEST("a runtime that is closed delivers no APDU, running or waiting") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->block("SCardTransmit");
  card->submit(0, exchangeOf({1}));
  bench.api->awaitCalls("SCardTransmit", 1);
  card->submit(0, exchangeOf({2}));
  bench.close(std::chrono::milliseconds(1));
  bench.api->unblock("SCardTransmit");
  CHECK(bench.quiet());
  CHECK_EQ(bench.sink->exchanges(), 0U);
  CHECK_EQ(bench.api->count("SCardTransmit"), 1U);
}

Result<std::size_t> now(const Owner<CardSession>& card, const Bytes& command, Bytes& response,
                        Lane lane = 0) {
  return card->transmitNow(lane, command, 0, response);
}

TEST("an exchange on the caller's thread goes straight into the caller's memory") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = [](const Bytes& command) { return Bytes{command[0], 0x90, 0x00}; };
  Bytes response(16);
  for (std::uint8_t i = 1; i < 100; ++i) {
    // Right behind a call of the card's own thread, which may not be back in its queue yet.
    card->submit(0, exchangeOf({i}));
    static_cast<void>(bench.sink->takeExchange());
    const auto length = now(card, {i}, response);
    REQUIRE(length.ok());
    CHECK_EQ(length.value(), 3U);
    CHECK_EQ(response[0], i);
  }
}

TEST("an exchange on the caller's thread is refused while another call runs or waits") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  Bytes response(16);
  bench.api->block("SCardTransmit");
  card->submit(0, exchangeOf({1}));
  bench.api->awaitCalls("SCardTransmit", 1);
  CHECK(now(card, {2}, response).error().reason == Reason::kBusy);
  card->submit(0, exchangeOf({3}));
  CHECK(now(card, {4}, response).error().reason == Reason::kBusy);
  bench.api->unblock("SCardTransmit");
  static_cast<void>(bench.sink->takeExchange());
  static_cast<void>(bench.sink->takeExchange());
  CHECK(now(card, {5}, response).ok());
  CHECK_EQ(bench.api->count("SCardTransmit"), 3U);
}

TEST("an exchange on the caller's thread keeps to transactions and to closing") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  Bytes response(16);
  const Lane lane = bench.begin(card);
  CHECK(now(card, {1}, response, lane).ok());
  CHECK(now(card, {1}, response).error().reason == Reason::kBusy);
  CHECK(now(card, {1}, response, lane + 1).error().reason == Reason::kTransactionEnded);
  const auto end = bench.operation();
  card->endTransaction(lane, Disposition::kLeave, end);
  static_cast<void>(bench.take(end));
  CHECK(now(card, {1}, response, lane).error().reason == Reason::kTransactionEnded);
  CHECK(now(card, {1}, response).ok());
  const auto disconnect = bench.operation();
  card->disconnect(Disposition::kLeave, disconnect);
  static_cast<void>(bench.take(disconnect));
  CHECK(now(card, {1}, response).error().reason == Reason::kClosed);
}

/// A table that answers at once, allocates nothing, and remembers where the last answer went.
struct InstantCard {
  static abi::Long transmit(void* self, abi::CardHandle, const abi::IoRequest*,
                            const std::uint8_t* command, abi::Dword, abi::IoRequest*,
                            std::uint8_t* response, abi::Dword* length) {
    auto& card = *static_cast<InstantCard*>(self);
    while (card.held) std::this_thread::yield();
    std::fill_n(response, card.length, command[0]);
    *length = static_cast<abi::Dword>(card.length);
    card.address = response;
    ++card.answered;
    return 0;
  }

  std::shared_ptr<const Library> table() {
    Api table;
    table.establishContext.set(
        [](abi::Dword, const void*, const void*, abi::ContextHandle* context) -> abi::Long {
          *context = 1;
          return 0;
        });
    table.releaseContext.set([](abi::ContextHandle) -> abi::Long { return 0; });
    table.connect.set([](abi::ContextHandle, const abi::Char*, abi::Dword, abi::Dword,
                         abi::CardHandle* card, abi::Dword* protocol) -> abi::Long {
      *card = 1;
      *protocol = 2;
      return 0;
    });
    table.disconnect.set([](abi::CardHandle, abi::Dword) -> abi::Long { return 0; });
    table.transmit.bind(this, &InstantCard::transmit);
    return Library::fromTable(table, {});
  }

  std::size_t length = 16;
  const std::uint8_t* address = nullptr;
  std::atomic<bool> held{false};
  std::atomic<std::size_t> answered{0};
};

struct Instant {
  Owner<CardSession> connect() {
    ContextRequest request{2, std::nullopt, instant.table()};
    const auto establish = bench.operation();
    std::make_shared<ContextSession>(bench.runtime, std::move(request))->start(establish);
    Outcome established = bench.take(establish);
    context.emplace(std::move(std::get<Owner<ContextSession>>(std::get<Value>(established))));
    return bench.card(*context);
  }

  InstantCard instant;
  Bench bench;
  std::optional<Owner<ContextSession>> context;
};

TEST("a long answer is delivered where PC/SC put it") {
  Instant world;
  const auto card = world.connect();
  for (const std::size_t length : {Exchange::kShort + 1, kResponseCapacity}) {
    world.instant.length = length;
    card->submit(0, exchangeOf({0xA5}));
    const auto done = world.bench.sink->takeExchange();
    CHECK_EQ(done->response().size(), length);
    CHECK_EQ(static_cast<const void*>(done->response().data()),
             static_cast<const void*>(world.instant.address));
    // The next answer must not go there while this one is read.
    card->submit(0, exchangeOf({0x5A}));
    static_cast<void>(world.bench.sink->takeExchange());
    const auto bytes = done->response();
    CHECK(std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0xA5; }));
  }
}

TEST("exchanges allocate nothing once they are under way: one by one, and 64 at a time") {
  for (const std::size_t inFlight : {std::size_t{1}, std::size_t{64}}) {
    Instant world;
    const auto card = world.connect();
    std::vector<std::unique_ptr<Exchange>> idle;
    for (std::size_t i = 0; i < inFlight; ++i) idle.push_back(std::make_unique<Exchange>());
    const Bytes command{0x00, 0xB0, 0x00, 0x00, 0x10};
    const auto submit = [&] {
      for (auto& exchange : idle) {
        exchange->prepare(command, 0);
        card->submit(0, std::move(exchange));
      }
    };
    const auto take = [&] {
      for (auto& exchange : idle) {
        exchange = world.bench.sink->takeExchange();
        CHECK_EQ(exchange->response().size(), 16U);
        exchange->finish();
      }
    };
    const auto round = [&] {
      submit();
      take();
    };
    // As many as there can be wait on the way there, and then on the way back.
    world.instant.held = true;
    submit();
    world.instant.held = false;
    while (world.instant.answered < inFlight) std::this_thread::yield();
    take();
    for (int i = 0; i < 100; ++i) round();
    const std::size_t before = test::allocations();
    for (int i = 0; i < 1000; ++i) round();
    CHECK_EQ(test::allocations() - before, 0U);
  }
}

TEST("exchanges on the caller's thread allocate nothing") {
  Instant world;
  const auto card = world.connect();
  const Bytes command{0x00, 0xB0, 0x00, 0x00, 0x10};
  Bytes response(300);
  CHECK(now(card, command, response).ok());
  const std::size_t before = test::allocations();
  for (int i = 0; i < 1000; ++i) {
    CHECK(card->transmitNow(0, command, 0, response).ok());
  }
  CHECK_EQ(test::allocations() - before, 0U);
}

}  // namespace
}  // namespace scard
