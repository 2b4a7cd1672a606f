// Framed exchanges of a card's session: one job, one lock, given up between two APDUs.
#include <utility>

#include "apdu_line.h"
#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

using test::Bench;
using test::Bytes;
using test::failureOf;
using test::framedExchange;
using test::fromHex;

/// Queues a command; what is given lives until the exchange is taken.
Exchange* sending(const Owner<CardSession>& card, std::string_view command,
                  const FramingOptions& options = {}, Lane lane = 0) {
  auto exchange = framedExchange(command, options);
  Exchange* const queued = exchange.get();
  card->submit(lane, std::move(exchange));
  return queued;
}

Bytes bytesOf(const Exchange& exchange) {
  CHECK(!exchange.failure().has_value());
  CHECK_EQ(exchange.framed->result.end, ExchangeEnd::kAnswered);
  const auto bytes = exchange.response();
  return Bytes(bytes.begin(), bytes.end());
}

/// Sends a command and waits for its exchange.
std::unique_ptr<Exchange> sent(Bench& bench, const Owner<CardSession>& card,
                               std::string_view command, const FramingOptions& options = {},
                               Lane lane = 0) {
  sending(card, command, options, lane);
  return bench.sink->takeExchange();
}

Bytes plainAnswer(Bench& bench, const std::shared_ptr<Operation>& wanted) {
  const Outcome outcome = bench.take(wanted);
  const auto bytes = std::get<ResponseBytes>(std::get<Value>(outcome)).bytes();
  return Bytes(bytes.begin(), bytes.end());
}

/// Answers 61XX to the first command and data to GET RESPONSE.
Bytes inTwoParts(const Bytes& sent) {
  if (sent[1] == 0xC0) return fromHex("AABB9000");
  return fromHex(sent[1] == 0xCA ? "6102" : "9000");
}

std::vector<std::string> namesOf(const Bench& bench) {
  std::vector<std::string> names;
  for (const auto& call : bench.api->calls()) names.push_back(call.name);
  return names;
}

TEST("no call of the same card comes between the APDUs of an exchange") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = inTwoParts;
  bench.api->block("SCardTransmit");
  sending(card, "00CA006E00");
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto second = bench.transmit(card, fromHex("00840000"));
  bench.api->unblock("SCardTransmit");
  CHECK_EQ(bytesOf(*bench.sink->takeExchange()), fromHex("AABB9000"));
  CHECK_EQ(plainAnswer(bench, second), fromHex("9000"));
  const auto calls = bench.api->calls("SCardTransmit");
  REQUIRE(calls.size() == 3);
  CHECK_EQ(calls[1].bytes, fromHex("00C0000002"));
  CHECK_EQ(calls[2].bytes, fromHex("00840000"));
}

TEST("the card's lock is held for the exchange where that is asked for, and not taken twice") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = inTwoParts;
  CHECK_EQ(bytesOf(*sent(bench, card, "00CA006E00", {.transaction = true})), fromHex("AABB9000"));
  const auto names = namesOf(bench);
  const std::vector<std::string> last(names.end() - 4, names.end());
  CHECK_EQ(last, (std::vector<std::string>{"SCardBeginTransaction", "SCardTransmit",
                                           "SCardTransmit", "SCardEndTransaction"}));
  const Lane lane = bench.begin(card);
  CHECK_EQ(bytesOf(*sent(bench, card, "00CA006E00", {.transaction = true}, lane)),
           fromHex("AABB9000"));
  CHECK_EQ(bench.api->count("SCardBeginTransaction"), 2U);
}

TEST("a refused lock is the failure, and no APDU is sent") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->fail("SCardBeginTransaction", code::kResetCard);
  const auto refused = sent(bench, card, "00CA006E00", {.transaction = true});
  CHECK_EQ(failureOf(*refused), code::kResetCard);
  REQUIRE(refused->failure().has_value());
  CHECK_EQ(std::string(refused->failure()->call), "SCardBeginTransaction");
  CHECK_EQ(bench.api->count("SCardTransmit"), 0U);
}

TEST("a first call that fails is a plain failure, a later one tells what had arrived") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = [](const Bytes&) { return fromHex("AB*256 6100"); };
  bench.api->fail("SCardTransmit", code::kResetCard);
  CHECK_EQ(failureOf(*sent(bench, card, "00CA006E00")), code::kResetCard);
  const auto endless = sent(bench, card, "00CA006E00");
  CHECK(!endless->failure().has_value());
  CHECK_EQ(endless->framed->result.end, ExchangeEnd::kTooLong);
  CHECK(endless->response().size() > (1U << 20U) - 258);
  bench.api->answer = inTwoParts;
  CHECK_EQ(bytesOf(*sent(bench, card, "00CA006E00")), fromHex("AABB9000"));
}

TEST("an exchange that is given up sends nothing after the APDU under way") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = inTwoParts;
  bench.api->block("SCardTransmit");
  Exchange* const unwanted = sending(card, "00CA006E00", {.transaction = true});
  bench.api->awaitCalls("SCardTransmit", 1);
  unwanted->abandon();
  bench.api->unblock("SCardTransmit");
  CHECK_EQ(bench.sink->takeExchange()->framed->result.end, ExchangeEnd::kGivenUp);
  CHECK_EQ(plainAnswer(bench, bench.transmit(card, fromHex("00840000"))), fromHex("9000"));
  CHECK_EQ(bench.api->count("SCardTransmit"), 2U);
  CHECK_EQ(bench.api->count("SCardEndTransaction"), 1U);
}

TEST("the capabilities are asked for once, and again after a reconnection") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->atr = fromHex("3B 85 80 01 80 73 00 00 80 00");
  const auto* longer = "00DB3FFF 00012C AB*300";
  for (int i = 0; i < 2; ++i) CHECK_EQ(bytesOf(*sent(bench, card, longer)), fromHex("9000"));
  CHECK_EQ(bench.api->count("SCardStatus"), 1U);
  CHECK_EQ(bench.api->calls("SCardTransmit")[0].bytes.size(), 4U + 1 + 255);
  bench.api->atr = fromHex("3B 85 80 01 80 73 00 00 40 00");
  const auto reconnect = bench.operation();
  card->reconnect(0, {}, 1, reconnect);
  static_cast<void>(bench.take(reconnect));
  CHECK_EQ(bytesOf(*sent(bench, card, longer)), fromHex("9000"));
  CHECK_EQ(bench.api->count("SCardStatus"), 2U);
  CHECK_EQ(bench.api->calls("SCardTransmit").back().bytes.size(), 4U + 3 + 300);
}

}  // namespace
}  // namespace scard
