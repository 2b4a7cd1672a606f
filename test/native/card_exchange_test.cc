// Framed exchanges of a card's session: one job, one lock, given up between two APDUs.
#include <utility>

#include "apdu_line.h"
#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

using test::Bench;
using test::Bytes;
using test::errorOf;
using test::fromHex;

std::shared_ptr<Operation> sending(Bench& bench, const Owner<CardSession>& card,
                                   std::string_view command, const FramingOptions& options = {},
                                   Lane lane = 0) {
  const auto wanted = bench.operation("SCardTransmit");
  card->send(lane, fromHex(command), options, wanted);
  return wanted;
}

Bytes bytesOf(const Outcome& outcome) {
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
  const auto first = sending(bench, card, "00CA006E00");
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto second = bench.transmit(card, fromHex("00840000"));
  bench.api->unblock("SCardTransmit");
  CHECK_EQ(bytesOf(bench.take(first)), fromHex("AABB9000"));
  CHECK_EQ(bytesOf(bench.take(second)), fromHex("9000"));
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
  CHECK_EQ(bytesOf(bench.take(sending(bench, card, "00CA006E00", {.transaction = true}))),
           fromHex("AABB9000"));
  const auto names = namesOf(bench);
  const std::vector<std::string> last(names.end() - 4, names.end());
  CHECK_EQ(last, (std::vector<std::string>{"SCardBeginTransaction", "SCardTransmit",
                                           "SCardTransmit", "SCardEndTransaction"}));
  const Lane lane = bench.begin(card);
  static_cast<void>(bench.take(sending(bench, card, "00CA006E00", {.transaction = true}, lane)));
  CHECK_EQ(bench.api->count("SCardBeginTransaction"), 2U);
}

TEST("a refused lock is the failure, and no APDU is sent") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->fail("SCardBeginTransaction", code::kResetCard);
  const Error error =
      errorOf(bench.take(sending(bench, card, "00CA006E00", {.transaction = true})));
  CHECK_EQ(error.value, code::kResetCard);
  CHECK_EQ(std::string(error.call), "SCardBeginTransaction");
  CHECK_EQ(bench.api->count("SCardTransmit"), 0U);
}

TEST("a first call that fails is a plain failure, a later one tells what had arrived") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = [](const Bytes&) { return fromHex("AB*256 6100"); };
  bench.api->fail("SCardTransmit", code::kResetCard);
  CHECK_EQ(errorOf(bench.take(sending(bench, card, "00CA006E00"))).value, code::kResetCard);
  bench.api->block("SCardTransmit");
  const auto sent = sending(bench, card, "00CA006E00");
  bench.api->awaitCalls("SCardTransmit", 2);
  bench.api->unblock("SCardTransmit");
  const Outcome endless = bench.take(sent);
  const auto& broken = std::get<BrokenExchange>(std::get<Value>(endless));
  CHECK_EQ(broken.result.end, ExchangeEnd::kTooLong);
  CHECK(broken.received.bytes().size() > (1U << 20U) - 258);
}

TEST("an exchange that is given up sends nothing after the APDU under way") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = inTwoParts;
  bench.api->block("SCardTransmit");
  const auto wanted = sending(bench, card, "00CA006E00", {.transaction = true});
  bench.api->awaitCalls("SCardTransmit", 1);
  CHECK(bench.cancel(wanted));
  CHECK_EQ(errorOf(bench.take(wanted)).value, code::kCancelled);
  bench.api->unblock("SCardTransmit");
  CHECK_EQ(bytesOf(bench.take(bench.transmit(card, fromHex("00840000")))), fromHex("9000"));
  CHECK_EQ(bench.api->count("SCardTransmit"), 2U);
  CHECK_EQ(bench.api->count("SCardEndTransaction"), 1U);
}

TEST("the capabilities are asked for once, and again after a reconnection") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->atr = fromHex("3B 85 80 01 80 73 00 00 80 00");
  const auto* longer = "00DB3FFF 00012C AB*300";
  for (int i = 0; i < 2; ++i)
    CHECK_EQ(bytesOf(bench.take(sending(bench, card, longer))), fromHex("9000"));
  CHECK_EQ(bench.api->count("SCardStatus"), 1U);
  CHECK_EQ(bench.api->calls("SCardTransmit")[0].bytes.size(), 4U + 1 + 255);
  bench.api->atr = fromHex("3B 85 80 01 80 73 00 00 40 00");
  const auto reconnect = bench.operation();
  card->reconnect(0, {}, 1, reconnect);
  static_cast<void>(bench.take(reconnect));
  CHECK_EQ(bytesOf(bench.take(sending(bench, card, longer))), fromHex("9000"));
  CHECK_EQ(bench.api->count("SCardStatus"), 2U);
  CHECK_EQ(bench.api->calls("SCardTransmit").back().bytes.size(), 4U + 3 + 300);
}

}  // namespace
}  // namespace scard
