// winscard's database, locating, metadata, cache and audit: what reaches the table, and how.
#include <functional>
#include <string>
#include <vector>

#include "core/card_cache.h"
#include "core/card_types.h"
#include "core/locate.h"
#include "core/reader_groups.h"
#include "core/reader_info.h"
#include "session_harness.h"
#include "test.h"
#include "virtual_fixture.h"

namespace scard {
namespace {

using test::Bench;
using test::Bytes;
using test::errorOf;
using Names = std::vector<std::string>;
using Body = std::function<Outcome(const PcscContext&)>;

const abi::Guid kFirst{0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
const abi::Guid kSecond{0xAABBCCDD, 0xEEFF, 0x0011, {8, 7, 6, 5, 4, 3, 2, 1}};
constexpr char kFirstText[] = "{11223344-5566-7788-0102-030405060708}";
constexpr char kSecondText[] = "{AABBCCDD-EEFF-0011-0807-060504030201}";

/// A context over a table with winscard's half.
struct Windows : Bench {
  Windows() { api->winscard = true; }

  Outcome run(const Owner<ContextSession>& context, Body body) {
    const auto wanted = operation();
    context->call(std::move(body), wanted);
    return take(wanted);
  }

  template <typename T>
  T value(const Owner<ContextSession>& context, Body body) {
    Outcome outcome = run(context, std::move(body));
    auto* held = std::get_if<Value>(&outcome);
    REQUIRE(held != nullptr && std::holds_alternative<T>(*held));
    return std::get<T>(std::move(*held));
  }

  /// The one call of this function, as the table saw it.
  test::Call seen(const std::string& name) {
    const auto calls = api->calls(name);
    REQUIRE(!calls.empty());
    return calls.back();
  }
};

TEST("GUIDs become text and come back, in either case; other text is none") {
  CHECK_EQ(formatGuid(kSecond), kSecondText);
  CHECK(sameGuid(*parseGuid("{aabbccdd-eeff-0011-0807-060504030201}"), kSecond));
  CHECK(!sameGuid(kFirst, kSecond));
  for (const char* wrong :
       {"", "AABBCCDD-EEFF-0011-0807-060504030201", "{AABBCCDD-EEFF-0011-0807-06050403020}",
        "{AABBCCDD+EEFF-0011-0807-060504030201}", "{AABBCCDG-EEFF-0011-0807-060504030201}"}) {
    CHECK(!parseGuid(wrong).has_value());
  }
}

TEST("a card type is introduced with all it has, and with nothing but a name") {
  Windows bench;
  const auto context = bench.context();
  const CardTypeRecord full{"Karte \xC3\xA4", kSecond, {kFirst, kSecond}, {0x3B, 1}, {0xFF, 0}};
  bench.value<std::monostate>(
      context, [&](const PcscContext& c) { return toOutcome(introduceCardType(c, full)); });
  test::Call call = bench.seen("SCardIntroduceCardType");
  CHECK_EQ(call.text, std::string("Karte \xC3\xA4\nprovider ") + kSecondText + "\n" + kFirstText +
                          "\n" + kSecondText);
  CHECK_EQ(call.bytes, (Bytes{0x3B, 1, 0xFF, 0}));
  const CardTypeRecord bare{.name = "Bare"};
  bench.value<std::monostate>(
      context, [&](const PcscContext& c) { return toOutcome(introduceCardType(c, bare)); });
  call = bench.seen("SCardIntroduceCardType");
  CHECK_EQ(call.text, "Bare");
  CHECK_EQ(call.bytes, Bytes{});
#if !defined(_WIN32)
  CHECK_EQ(call.thread, "scard-context");
#endif
}

TEST("cards are listed by an ATR with room behind it, and by interfaces") {
  Windows bench;
  const auto context = bench.context();
  const Bytes atr{0x3B, 0x02, 0x14, 0x50};
  const auto names = bench.value<Names>(
      context, [&](const PcscContext& c) { return toOutcome(listCards(c, atr, {kSecond})); });
  CHECK_EQ(names, (Names{"Bank", "Travel"}));
  test::Call call = bench.seen("SCardListCards");
  Bytes padded = atr;
  padded.resize(36);
  CHECK_EQ(call.bytes, padded);
  CHECK_EQ(call.text, kSecondText);
  bench.value<Names>(context, [](const PcscContext& c) { return toOutcome(listCards(c, {}, {})); });
  call = bench.seen("SCardListCards");
  CHECK_EQ(call.bytes, Bytes{});
  CHECK_EQ(call.text, "");
}

TEST("lists that grow between the two questions are asked for again") {
  Windows bench;
  const auto context = bench.context();
  bench.api->growths = 2;
  CHECK_EQ(bench
               .value<Names>(context,
                             [](const PcscContext& c) { return toOutcome(listCards(c, {}, {})); })
               .size(),
           4U);
  bench.api->growths = 1;
  CHECK_EQ(bench.value<Names>(
               context, [](const PcscContext& c) { return toOutcome(listInterfaces(c, "Bank")); }),
           (Names{kFirstText, kFirstText}));
  bench.api->growths = 1;
  CHECK_EQ(bench.value<Bytes>(
               context, [](const PcscContext& c) { return toOutcome(getReaderIcon(c, "R")); }),
           (Bytes{1, 2, 3, 1}));
  bench.api->growths = 1;
  CHECK_EQ(bench.value<Bytes>(context,
                              [](const PcscContext& c) {
                                return toOutcome(readCache(c, {kFirst, 3, "Item"}));
                              }),
           (Bytes{1, 2, 3, 1, 1}));
  CHECK_EQ(bench.seen("SCardReadCache").value, 3U);
  CHECK_EQ(bench.seen("SCardReadCache").text, std::string(kFirstText) + "\nItem");
}

TEST("a list that never stops growing ends with the table's own answer") {
  Windows bench;
  const auto context = bench.context();
  bench.api->growths = 1000;
  const Outcome outcome =
      bench.run(context, [](const PcscContext& c) { return toOutcome(listInterfaces(c, "Bank")); });
  CHECK_EQ(errorOf(outcome).value, code::kInsufficientBuffer);
  CHECK_EQ(std::string(errorOf(outcome).call), "SCardListInterfaces");
}

TEST("nothing in a list, and no byte in an item, are values") {
  Windows bench;
  const auto context = bench.context();
  bench.api->cardTypes.clear();
  bench.api->guids.clear();
  bench.api->data.clear();
  CHECK(bench
            .value<Names>(context,
                          [](const PcscContext& c) { return toOutcome(listCards(c, {}, {})); })
            .empty());
  CHECK(bench
            .value<Names>(context,
                          [](const PcscContext& c) { return toOutcome(listInterfaces(c, "B")); })
            .empty());
  CHECK(bench
            .value<Bytes>(context,
                          [](const PcscContext& c) {
                            return toOutcome(readCache(c, {kFirst, 0, "Item"}));
                          })
            .empty());
}

TEST("providers: the GUID, names by number, and the plain code 2 of one that is not set") {
  Windows bench;
  const auto context = bench.context();
  CHECK_EQ(bench.value<std::string>(
               context, [](const PcscContext& c) { return toOutcome(getProviderId(c, "Bank")); }),
           kFirstText);
  const auto get = [](const PcscContext& c) { return toOutcome(getProviderName(c, "Bank", 3)); };
  CHECK_EQ(bench.value<std::string>(context, get), "Name");
  CHECK_EQ(bench.seen("SCardGetCardTypeProviderName").value, 3U);
  bench.api->fail("SCardGetCardTypeProviderName", 2);
  CHECK_EQ(errorOf(bench.run(context, get)).value, 2U);
  bench.value<std::monostate>(context, [](const PcscContext& c) {
    return toOutcome(setProviderName(c, "Bank", 0x80000001, "module"));
  });
  CHECK_EQ(bench.seen("SCardSetCardTypeProviderName").text, "Bank\nmodule");
  CHECK_EQ(bench.seen("SCardSetCardTypeProviderName").value, 0x80000001U);
}

TEST("readers and groups: each call with its names") {
  Windows bench;
  const auto context = bench.context();
  const std::vector<std::pair<std::string, Body>> calls{
      {"SCardIntroduceReader",
       [](const PcscContext& c) { return toOutcome(introduceReader(c, "A", "B")); }},
      {"SCardAddReaderToGroup",
       [](const PcscContext& c) { return toOutcome(addReaderToGroup(c, "A", "B")); }},
      {"SCardRemoveReaderFromGroup",
       [](const PcscContext& c) { return toOutcome(removeReaderFromGroup(c, "A", "B")); }},
      {"SCardForgetReader", [](const PcscContext& c) { return toOutcome(forgetReader(c, "A")); }},
      {"SCardIntroduceReaderGroup",
       [](const PcscContext& c) { return toOutcome(introduceReaderGroup(c, "A")); }},
      {"SCardForgetReaderGroup",
       [](const PcscContext& c) { return toOutcome(forgetReaderGroup(c, "A")); }},
      {"SCardForgetCardType",
       [](const PcscContext& c) { return toOutcome(forgetCardType(c, "A")); }}};
  for (const auto& [name, body] : calls) {
    bench.value<std::monostate>(context, body);
    const bool pair = name.find("Introduce") == 5 ? name == "SCardIntroduceReader"
                                                  : name.find("Group") != std::string::npos &&
                                                        name != "SCardForgetReaderGroup";
    CHECK_EQ(bench.seen(name).text, pair ? "A\nB" : "A");
    bench.api->fail(name, code::kNoAccess);
    const Error error = errorOf(bench.run(context, body));
    CHECK_EQ(std::string(error.call), name);
    CHECK_EQ(error.value, code::kNoAccess);
  }
}

TEST("locating passes names, beliefs, patterns and masks, and reports every reader") {
  Windows bench;
  bench.api->state = 0x62;
  const auto context = bench.context();
  using Reports = std::vector<ReaderReport>;
  const std::vector<ReaderQuery> readers{{"Reader 0", 0x10}, {"Reader 1", 0}};
  const auto byName = bench.value<Reports>(context, [&](const PcscContext& c) {
    return toOutcome(locateCards(c, {"Bank", "Travel"}, readers));
  });
  REQUIRE(byName.size() == 2);
  CHECK_EQ(byName[1].reader, "Reader 1");
  CHECK_EQ(byName[1].eventState, 0x62U);
  CHECK_EQ(byName[1].atr, bench.api->atr);
  CHECK_EQ(bench.seen("SCardLocateCards").text, "Bank\nTravel");
  CHECK_EQ(bench.seen("SCardLocateCards").value, 0x10U);
  const Bytes longest(33, 0xA5);
  const auto byAtr = bench.value<Reports>(context, [&](const PcscContext& c) {
    return toOutcome(locateCardsByAtr(c, {{longest, Bytes(33, 0)}, {{0x3B}, {0xFF}}}, readers));
  });
  CHECK_EQ(byAtr.size(), 2U);
  Bytes expected = longest;
  expected.insert(expected.end(), 33, 0);
  expected.insert(expected.end(), {0x3B, 0xFF});
  CHECK_EQ(bench.seen("SCardLocateCardsByATR").bytes, expected);
}

TEST("metadata, cache and audit") {
  Windows bench;
  const auto context = bench.context();
  CHECK_EQ(bench.value<std::uint32_t>(
               context, [](const PcscContext& c) { return toOutcome(getDeviceTypeId(c, "R")); }),
           7U);
  CHECK_EQ(bench.value<std::string>(
               context,
               [](const PcscContext& c) { return toOutcome(getReaderDeviceInstanceId(c, "R")); }),
           "Name");
  const auto byId = [](const PcscContext& c) {
    return toOutcome(listReadersWithDeviceInstanceId(c, "USB\\1"));
  };
  CHECK_EQ(bench.value<Names>(context, byId), Names{"Reader 0"});
  bench.api->fail("SCardListReadersWithDeviceInstanceId", code::kNoReadersAvailable);
  CHECK_EQ(bench.value<Names>(context, byId), Names{});
  bench.value<std::monostate>(context, [](const PcscContext& c) {
    return toOutcome(writeCache(c, {kFirst, 9, "Item"}, {4, 5}));
  });
  CHECK_EQ(bench.seen("SCardWriteCache").bytes, (Bytes{4, 5}));
  CHECK_EQ(bench.seen("SCardWriteCache").value, 9U);
  bench.value<std::monostate>(context, [](const PcscContext& c) { return toOutcome(audit(c, 1)); });
  CHECK_EQ(bench.seen("SCardAudit").value, 1U);
  const auto card = bench.card(context);
  const auto count = bench.operation();
  card->getTransmitCount(0, count);
  const Outcome outcome = bench.take(count);
  CHECK_EQ(std::get<std::uint32_t>(std::get<Value>(outcome)), 7U);
}

TEST("a table without winscard's half says which function is missing") {
  Bench bench;
  const auto context = bench.context();
  const auto wanted = bench.operation();
  context->call([](const PcscContext& c) { return toOutcome(listCards(c, {}, {})); }, wanted);
  const Error error = errorOf(bench.take(wanted));
  CHECK(error.reason == Reason::kFunctionMissing);
  CHECK_EQ(std::string(error.call), "SCardListCards");
}

TEST("cards are not listed nor located by name while a transaction is open or on its way") {
  Windows bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  const auto list = [](const PcscContext& c) { return toOutcome(listCards(c, {}, {})); };
  const auto locate = [](const PcscContext& c) {
    return toOutcome(locateCards(c, {"Bank"}, {{"Reader 0", 0}}));
  };
  const Lane lane = bench.begin(card);
  CHECK(errorOf(bench.run(context, list)).reason == Reason::kInTransaction);
  CHECK(errorOf(bench.run(context, locate)).reason == Reason::kInTransaction);
  // By ATR nothing of the database is asked for.
  bench.value<std::vector<ReaderReport>>(context, [](const PcscContext& c) {
    return toOutcome(locateCardsByAtr(c, {{{0x3B}, {0xFF}}}, {{"Reader 0", 0}}));
  });
  const auto end = bench.operation();
  card->endTransaction(lane, Disposition::kLeave, end);
  static_cast<void>(bench.take(end));
  CHECK_EQ(bench.api->count("SCardListCards"), 0U);
  bench.value<Names>(context, list);
  bench.api->block("SCardBeginTransaction");
  const auto begin = bench.operation();
  card->beginTransaction(Disposition::kLeave, begin);
  bench.api->awaitCalls("SCardBeginTransaction", 2);
  CHECK(errorOf(bench.run(context, list)).reason == Reason::kInTransaction);
  bench.api->fail("SCardBeginTransaction", code::kResetCard);
  bench.api->unblock("SCardBeginTransaction");
  CHECK_EQ(errorOf(bench.take(begin)).value, code::kResetCard);
  bench.value<Names>(context, list);
}

TEST("a transaction begins only when a list of cards is done") {
  Windows bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  bench.api->block("SCardListCards");
  const auto list = bench.operation();
  context->call([](const PcscContext& c) { return toOutcome(listCards(c, {}, {})); }, list);
  bench.api->awaitCalls("SCardListCards", 1);
  const auto begin = bench.operation();
  card->beginTransaction(Disposition::kLeave, begin);
  // Its thread has taken the job once a call queued behind it can be cancelled no more, which
  // nothing outside can see: that no begin comes before the list's end is in the order of calls.
  bench.api->unblock("SCardListCards");
  static_cast<void>(bench.take(list));
  static_cast<void>(bench.take(begin));
  std::vector<std::string> order;
  for (const auto& call : bench.api->calls()) {
    if (call.name == "SCardListCards" || call.name == "SCardBeginTransaction")
      order.push_back(call.name);
  }
  CHECK_EQ(order, (Names{"SCardListCards", "SCardListCards", "SCardBeginTransaction"}));
}

TEST("over the virtual subsystem: introduced, located, and found by ATR") {
  test::vrm::ResourceManager manager({.profile = test::vrm::Profile::windows()});
  manager.addReader({.name = "Reader"});
  manager.insertCard("Reader", test::echoCard());
  Api api;
  manager.fill(api);
  const auto established = PcscContext::establish(Library::fromTable(api, {}), 0);
  REQUIRE(established.ok());
  const PcscContext& context = established.value();
  CHECK(introduceCardType(context, {.name = "Echo", .atr = test::kT0T1Atr}).ok());
  CHECK_EQ(listCards(context, test::kT0T1Atr, {}).value(), Names{"Echo"});
  const auto located = locateCards(context, {"echo"}, {{"Reader", 0}});
  REQUIRE(located.ok());
  CHECK_EQ(located.value()[0].eventState & 0xFFFFU, 0x62U);
  const auto other = locateCardsByAtr(context, {{{0x3B, 0x00}, {0xFF, 0xFF}}}, {{"Reader", 0}});
  CHECK_EQ(other.value()[0].eventState & 0xFFFFU, 0x22U);
  CHECK_EQ(errorOf(toOutcome(locateCards(context, {"Nobody"}, {{"Reader", 0}}))).value,
           code::kUnknownCard);
}

}  // namespace
}  // namespace scard
