// Scripts: what ends them, what is kept, and that nothing but the commands reaches the card.
#include "core/apdu_script.h"

#include <memory>

#include "apdu_line.h"
#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

using test::Bench;
using test::Bytes;
using test::fromHex;
using test::TableLine;

constexpr std::uint32_t kRaw = 1;
constexpr std::uint32_t kAny = 2;
constexpr std::uint32_t kOk = 0x9000FFFF;
constexpr std::uint32_t kMore = 0x6100FF00;

struct Step {
  std::string_view command;
  std::uint32_t flags = 0;
  std::vector<std::uint32_t> expected{};
};

std::shared_ptr<const ApduScript> scriptOf(const std::vector<Step>& steps,
                                           const std::vector<std::uint32_t>& stops = {}) {
  Bytes commands;
  std::vector<std::uint32_t> plan{static_cast<std::uint32_t>(stops.size())};
  plan.insert(plan.end(), stops.begin(), stops.end());
  for (const Step& step : steps) {
    const Bytes command = fromHex(step.command);
    commands.insert(commands.end(), command.begin(), command.end());
    plan.push_back(static_cast<std::uint32_t>(command.size()));
    plan.push_back(step.flags | static_cast<std::uint32_t>(step.expected.size()) << 8U);
    plan.insert(plan.end(), step.expected.begin(), step.expected.end());
  }
  return ApduScript::parse(commands, plan);
}

class Watch final : public ScriptWatch {
 public:
  void progressed(std::uint32_t steps) override { done = steps; }
  bool stopAsked() override { return done >= stopAfter; }
  std::uint32_t done = 0;
  std::uint32_t stopAfter = UINT32_MAX;
};

struct Ran {
  ScriptOutcome outcome;
  Watch watch;
  std::vector<Bytes> answers() const {
    std::vector<Bytes> all;
    std::size_t start = 0;
    for (const std::uint32_t end : outcome.ends) {
      const auto bytes = outcome.answers().subspan(start, end - start);
      all.emplace_back(bytes.begin(), bytes.end());
      start = end;
    }
    return all;
  }
  Bytes rest() const {
    const std::size_t end = outcome.ends.empty() ? 0 : outcome.ends.back();
    const auto bytes = outcome.answers().subspan(end);
    return Bytes(bytes.begin(), bytes.end());
  }
};

ScriptOutcome ran(ApduLine& line, const std::shared_ptr<const ApduScript>& script, Watch& watch) {
  ScriptSpace space(std::make_shared<BufferPool>());
  ScriptOutcome outcome;
  runScript(line, *script, {}, space, watch, outcome);
  return outcome;
}

Ran ran(ApduLine& line, const std::shared_ptr<const ApduScript>& script) {
  Watch watch;
  ScriptOutcome outcome = ran(line, script, watch);
  return {std::move(outcome), {}};
}

TEST("a script gives every answer, framed and raw steps mixed") {
  TableLine line(protocol::kT1, {{"00CA000100", "11 6102"},
                                 {"00C0000002", "2222 9000"},
                                 {"00CA000200", "33 6102"},
                                 {"AA01", "44"},
                                 {"00CA000300", "6A82"}});
  const auto script =
      scriptOf({{"00CA000100"}, {"00CA000200", kRaw}, {"AA01", kRaw | kAny}, {"00CA000300"}});
  REQUIRE(script != nullptr);
  CHECK_EQ(script->size(), 4U);
  const Ran all = ran(line, script);
  CHECK_EQ(all.outcome.end, ScriptEnd::kDone);
  CHECK_EQ(all.answers(), (std::vector<Bytes>{fromHex("1122229000"), fromHex("336102"),
                                              fromHex("44"), fromHex("6A82")}));
}

TEST("a status word to stop at ends a script after its step") {
  TableLine line(protocol::kT1,
                 {{"00B2010400", "01 9000"}, {"00B2020400", "02 9000"}, {"00B2030400", "6A83"}});
  const auto script =
      scriptOf({{"00B2010400"}, {"00B2020400"}, {"00B2030400"}, {"00B2040400"}}, {0x6A83FFFF});
  const Ran all = ran(line, script);
  CHECK_EQ(all.outcome.end, ScriptEnd::kStopped);
  CHECK_EQ(all.answers().size(), 3U);
}

TEST("an unexpected status word ends a script and its answer is kept") {
  TableLine line(protocol::kT1, {{"00A40000", "9000"}, {"0020000104 31323334", "63C2"}});
  const auto script =
      scriptOf({{"00A40000", 0, {kOk, kMore}}, {"0020000104 31323334", 0, {kOk}}, {"00B0000000"}},
               {0x63C0FFF0});
  const Ran all = ran(line, script);
  CHECK_EQ(all.outcome.end, ScriptEnd::kUnexpected);
  CHECK_EQ(all.answers(), (std::vector<Bytes>{fromHex("9000"), fromHex("63C2")}));
}

TEST("patterns match where their mask has ones") {
  const std::vector<std::uint32_t> retries{0x63C0FFF0};
  for (const std::uint16_t sw : std::vector<std::uint16_t>{0x63C0, 0x63C2, 0x63CF})
    CHECK(matchesAny(sw, retries));
  for (const std::uint16_t sw : std::vector<std::uint16_t>{0x63D0, 0x9000, 0x0000})
    CHECK(!matchesAny(sw, retries));
  CHECK(!matchesAny(0x9000, {}));
}

TEST("a step that breaks off keeps all answers before it and what it had received") {
  TableLine line(
      protocol::kT1,
      {{"00A40000", "9000"}, {"00CA000100", "11 6102"}, {"00C0000002", "", code::kRemovedCard}});
  const Ran all = ran(line, scriptOf({{"00A40000"}, {"00CA000100"}, {"00CA000200"}}));
  CHECK_EQ(all.outcome.end, ScriptEnd::kBroken);
  CHECK_EQ(all.outcome.broken.end, ExchangeEnd::kFailed);
  CHECK_EQ(all.outcome.broken.error.value, code::kRemovedCard);
  CHECK_EQ(all.answers(), (std::vector<Bytes>{fromHex("9000")}));
  CHECK_EQ(all.rest(), fromHex("11"));
  TableLine cut(protocol::kT1, {{"00A40000", "9000"}, {"00B0000000", "1122"}});
  const Ran incomplete = ran(cut, scriptOf({{"00A40000", kRaw}, {"00B0000000", kRaw}}));
  CHECK_EQ(incomplete.outcome.broken.end, ExchangeEnd::kIncomplete);
  CHECK_EQ(incomplete.rest(), fromHex("1122"));
}

TEST("a short answer has no status word of the answer before it") {
  TableLine line(protocol::kT1, {{"AA", "9000"}, {"AA", ""}});
  const Ran all = ran(line, scriptOf({{"AA", kRaw | kAny}, {"AA", kRaw | kAny, {kOk}}}));
  CHECK_EQ(all.outcome.end, ScriptEnd::kUnexpected);
}

TEST("a raw answer of 64 KiB has room behind many others, as often as it comes") {
  std::vector<test::Exchanged> table;
  std::vector<Step> steps;
  for (int i = 0; i < 5; ++i) {
    table.push_back({"00B00000000000", "AB*65536 9000"});
    table.push_back({"00B0000001", "CD 9000"});
    steps.push_back({"00B00000000000", i % 2 == 0 ? kRaw : 0});
    steps.push_back({"00B0000001", kRaw});
  }
  TableLine line(protocol::kT1, table);
  const Ran all = ran(line, scriptOf(steps));
  CHECK_EQ(all.outcome.end, ScriptEnd::kDone);
  for (std::size_t i = 0; i < 10; i += 2) {
    CHECK_EQ(all.answers()[i], fromHex("AB*65536 9000"));
    CHECK_EQ(all.answers()[i + 1], fromHex("CD 9000"));
  }
}

TEST("a script stops between two steps where that is asked for, or nobody waits any more") {
  const auto script = scriptOf({{"00A40000"}, {"00A40000"}, {"00A40000"}});
  TableLine line(protocol::kT1, {{"00A40000", "9000"}, {"00A40000", "9000"}});
  Watch watch;
  watch.stopAfter = 2;
  CHECK_EQ(ran(line, script, watch).end, ScriptEnd::kAsked);
  CHECK_EQ(watch.done, 2U);
  TableLine lonely(protocol::kT1, {{"00A40000", "9000"}});
  lonely.givenUpAfter = 1;
  Watch other;
  CHECK_EQ(ran(lonely, script, other).end, ScriptEnd::kAsked);
  CHECK_EQ(other.done, 1U);
}

TEST("a plan that does not add up is no script") {
  const auto parsed = [](std::string_view commands, std::vector<std::uint32_t> plan) {
    return ApduScript::parse(fromHex(commands), std::move(plan)) != nullptr;
  };
  CHECK(parsed("00A40000", {0, 4, 0}));
  CHECK(!parsed("00A40000", {}));
  CHECK(!parsed("00A40000", {1}));
  CHECK(!parsed("00A40000", {0, 4}));
  CHECK(!parsed("00A40000", {0, 5, 0}));
  CHECK(!parsed("00A40000", {0, 3, kRaw}));
  CHECK(!parsed("00A40000", {0, 4, 0, 0, 0}));
  CHECK(!parsed("00A40000", {0, 4, 1U << 8U}));
  CHECK(!parsed("00A40000", {0xFFFFFFFF, 4, 0}));
  CHECK(!parsed("00A40000", {0, 4, 0xFFFFFF00}));
  CHECK(!parsed("00A400", {0, 3, 0}));
  CHECK(parsed("00A400", {0, 3, kRaw}));
}

TEST("runs in the same space keep what earlier ones were answered apart, short and long") {
  ScriptSpace space(std::make_shared<BufferPool>());
  const auto script = scriptOf({{"00B0000000", kRaw}, {"00B0000000", kRaw}});
  std::vector<ScriptOutcome> outcomes(4);
  const std::vector<std::string_view> data{"11", "22*20000", "33*65536", "44"};
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::string answer = std::string(data[i]) + " 9000";
    TableLine line(protocol::kT1, {{"00B0000000", answer}, {"00B0000000", answer}});
    Watch watch;
    runScript(line, *script, {}, space, watch, outcomes[i]);
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Ran all{std::move(outcomes[i]), {}};
    const Bytes answer = fromHex(std::string(data[i]) + " 9000");
    CHECK_EQ(all.answers(), (std::vector<Bytes>{answer, answer}));
  }
}

TEST("an outcome that is used again keeps nothing of the run before it") {
  ScriptSpace space(std::make_shared<BufferPool>());
  ScriptOutcome outcome;
  Watch watch;
  TableLine lost(protocol::kT1,
                 {{"00A40000", "33*40000 9000"}, {"00A40001", "", code::kRemovedCard}});
  runScript(lost, *scriptOf({{"00A40000", kRaw}, {"00A40001"}}), {}, space, watch, outcome);
  CHECK_EQ(outcome.broken.error.value, code::kRemovedCard);
  outcome.finish();
  TableLine line(protocol::kT1, {{"00A40002", "9000"}});
  runScript(line, *scriptOf({{"00A40002"}}), {}, space, watch, outcome);
  CHECK_EQ(outcome.end, ScriptEnd::kDone);
  CHECK_EQ(outcome.broken.end, ExchangeEnd::kAnswered);
  CHECK_EQ(outcome.ends, (std::vector<std::uint32_t>{2}));
  CHECK_EQ(outcome.answers().size(), 2U);
}

/// Queues a script; what is given lives until the exchange is taken.
FramedJob* running(const Owner<CardSession>& card, std::shared_ptr<const ApduScript> script,
                   const FramingOptions& options = {}) {
  auto exchange = test::framedExchange("", options, std::move(script));
  FramedJob* const job = exchange->framed.get();
  card->submit(0, std::move(exchange));
  return job;
}

TEST("a script is one job of its card, in one lock where asked for") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->block("SCardTransmit");
  running(card, scriptOf({{"00A40000"}, {"00A40001"}, {"00A40002"}}), {.transaction = true});
  bench.api->awaitCalls("SCardTransmit", 1);
  const auto other = bench.transmit(card, fromHex("00840000"));
  bench.api->unblock("SCardTransmit");
  CHECK_EQ(bench.sink->takeExchange()->framed->outcome.ends.size(), 3U);
  static_cast<void>(bench.take(other));
  CHECK_EQ(bench.api->calls("SCardTransmit")[3].bytes, fromHex("00840000"));
  CHECK_EQ(bench.api->count("SCardBeginTransaction"), 1U);
  CHECK_EQ(bench.api->count("SCardEndTransaction"), 1U);
}

TEST("a running script tells its progress and stops when asked, a waiting one does nothing") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  const auto script = scriptOf({{"00A40000"}, {"00A40001"}, {"00A40002"}});
  bench.api->block("SCardTransmit");
  FramedJob* const first = running(card, script);
  FramedJob* const second = running(card, script);
  bench.api->awaitCalls("SCardTransmit", 1);
  CHECK_EQ(first->done(), 0U);
  first->stop();
  second->stop();
  bench.api->unblock("SCardTransmit");
  const auto stopped = bench.sink->takeExchange();
  CHECK_EQ(stopped->framed->outcome.end, ScriptEnd::kAsked);
  CHECK_EQ(stopped->framed->outcome.ends.size(), 1U);
  CHECK_EQ(stopped->framed->done(), 1U);
  CHECK_EQ(bench.sink->takeExchange()->framed->outcome.ends.size(), 0U);
  running(card, script);
  CHECK_EQ(bench.sink->takeExchange()->framed->outcome.end, ScriptEnd::kDone);
  CHECK_EQ(bench.api->count("SCardTransmit"), 4U);
}

TEST("a first step that fails is a plain failure, and nothing follows a step that nobody wants") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  const auto script = scriptOf({{"00A40000"}, {"00A40001"}});
  bench.api->fail("SCardTransmit", code::kResetCard);
  running(card, script);
  CHECK_EQ(test::failureOf(*bench.sink->takeExchange()), code::kResetCard);
  bench.api->block("SCardTransmit");
  auto exchange = test::framedExchange("", {}, script);
  Exchange* const unwanted = exchange.get();
  card->submit(0, std::move(exchange));
  bench.api->awaitCalls("SCardTransmit", 2);
  unwanted->abandon();
  bench.api->unblock("SCardTransmit");
  CHECK_EQ(bench.sink->takeExchange()->framed->outcome.end, ScriptEnd::kAsked);
  static_cast<void>(bench.take(bench.transmit(card, fromHex("00840000"))));
  CHECK_EQ(bench.api->count("SCardTransmit"), 3U);
}

}  // namespace
}  // namespace scard
