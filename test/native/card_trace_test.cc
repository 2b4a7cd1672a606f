// What a traced connection notes.
#include <string>
#include <utility>
#include <vector>

#include "apdu_line.h"
#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

using test::Bench;
using test::Bytes;
using test::fromHex;

void trace(Bench& bench, const Owner<CardSession>& card) {
  const auto wanted = bench.operation();
  card->trace(0, wanted);
  static_cast<void>(bench.take(wanted));
}

Bytes bytesOf(const SecretBytes& secret) { return {secret.bytes().begin(), secret.bytes().end()}; }

/// Each event in a word: `command>response`, `command!failure`, or the kind of power.
std::vector<std::string> wordsOf(const Owner<CardSession>& card) {
  std::vector<std::string> words;
  for (const TraceEvent& event : card->takeTrace()) {
    if (event.kind == TraceEvent::Kind::kExchange) {
      words.push_back(test::show(bytesOf(event.command)) +
                      (event.failure == 0 ? ">" + test::show(bytesOf(event.response)) : "!"));
    } else {
      words.emplace_back(event.kind == TraceEvent::Kind::kReset ? "reset" : "unpower");
    }
  }
  return words;
}

std::string exchangeOf(std::string_view command, std::string_view response) {
  return test::show(fromHex(command)) + ">" + test::show(fromHex(response));
}

TEST("a traced connection notes every APDU of framed commands, from then on") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->answer = [](const Bytes& sent) {
    return fromHex(sent[1] == 0xC0 ? "AABB9000" : sent[1] == 0xCA ? "6102" : "9000");
  };
  static_cast<void>(bench.take(bench.transmit(card, fromHex("00010000"))));
  CHECK_EQ(wordsOf(card), std::vector<std::string>{});
  trace(bench, card);
  card->submit(0, test::framedExchange("00CA006E00", {}));
  static_cast<void>(bench.sink->takeExchange());
  static_cast<void>(bench.take(bench.transmit(card, fromHex("00020000"))));
  CHECK_EQ(wordsOf(card), (std::vector<std::string>{exchangeOf("00CA006E00", "6102"),
                                                    exchangeOf("00C0000002", "AABB9000"),
                                                    exchangeOf("00020000", "9000")}));
  CHECK_EQ(wordsOf(card), std::vector<std::string>{});
}

TEST("a traced connection notes failures, and the power it cycles, but not what fails to") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  trace(bench, card);
  bench.api->fail("SCardTransmit", code::kResetCard);
  static_cast<void>(bench.take(bench.transmit(card, fromHex("00010000"))));
  CHECK_EQ(wordsOf(card), (std::vector<std::string>{test::show(fromHex("00010000")) + "!"}));
  const auto end = [&](Disposition disposition) {
    const Lane lane = bench.begin(card);
    const auto ended = bench.operation("SCardEndTransaction");
    card->endTransaction(lane, disposition, ended);
    static_cast<void>(bench.take(ended));
  };
  end(Disposition::kReset);
  end(Disposition::kLeave);
  bench.api->fail("SCardEndTransaction", code::kResetCard);
  end(Disposition::kReset);
  const auto reconnected = bench.operation("SCardReconnect");
  card->reconnect(0, {}, 2, reconnected);
  static_cast<void>(bench.take(reconnected));
  const auto disconnected = bench.operation("SCardDisconnect");
  card->disconnect(Disposition::kReset, disconnected);
  static_cast<void>(bench.take(disconnected));
  CHECK_EQ(wordsOf(card), (std::vector<std::string>{"reset", "unpower", "reset"}));
}

}  // namespace
}  // namespace scard
