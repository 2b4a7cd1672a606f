// Owners of handles: released exactly once, in the right order, whatever becomes of them.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/errors/codes.gen.h"
#include "core/pcsc_card.h"
#include "core/pcsc_context.h"
#include "core/pcsc_transaction.h"
#include "scripted_api.h"
#include "test.h"

namespace scard {
namespace {

using test::ScriptedApi;

struct Table {
  explicit Table(const Dialect& dialect = {}) : library(api->library(dialect)) {}
  ~Table() { api->verify(__LINE__); }

  PcscContext context() { return std::move(PcscContext::establish(library, 2).value()); }
  PcscCard card(const ConnectOptions& options = {}) {
    auto owner = std::make_shared<PcscContext>(context());
    return std::move(PcscCard::connect(std::move(owner), "Reader 0", options).value());
  }

  std::shared_ptr<ScriptedApi> api = ScriptedApi::create();
  std::shared_ptr<const Library> library;
};

std::vector<std::string> names(const ScriptedApi& api) {
  std::vector<std::string> all;
  for (const test::Call& call : api.calls()) all.push_back(call.name);
  return all;
}

TEST("a context is released by its destructor, once") {
  Table table;
  { const PcscContext context = table.context(); }
  CHECK_EQ(table.api->count("SCardReleaseContext"), 1U);
}

TEST("a refusal by a daemon that dies is asked about again") {
  const std::uint32_t refusal = code::kSecurityViolation;
  Table table;
  table.api->fail("SCardEstablishContext", refusal);
  CHECK(PcscContext::establish(table.library, 2).ok());
  table.api->fail("SCardEstablishContext", refusal);
  table.api->fail("SCardEstablishContext", code::kNoService);
  CHECK_EQ(PcscContext::establish(table.library, 2).error().value, code::kNoService);
}

TEST("a refusal that stays is reported as one") {
  Table table;
  table.api->fail("SCardEstablishContext", code::kSecurityViolation, 10);
  CHECK_EQ(PcscContext::establish(table.library, 2).error().value, code::kSecurityViolation);
  CHECK_EQ(table.api->count("SCardEstablishContext"), 3U);
}

TEST("a moved context is released once, by its new owner") {
  Table table;
  {
    PcscContext first = table.context();
    const PcscContext second = std::move(first);
    CHECK_EQ(table.api->count("SCardReleaseContext"), 0U);
  }
  CHECK_EQ(table.api->count("SCardReleaseContext"), 1U);
}

TEST("a context that is assigned over is released first") {
  Table table;
  PcscContext first = table.context();
  const auto handle = first.handle();
  first = table.context();
  REQUIRE(table.api->count("SCardReleaseContext") == 1);
  CHECK_EQ(table.api->calls("SCardReleaseContext")[0].handle, handle);
}

TEST("a context assigned to itself is kept") {
  Table table;
  PcscContext context = table.context();
  PcscContext& same = context;
  context = std::move(same);
  CHECK_EQ(table.api->count("SCardReleaseContext"), 0U);
  CHECK(context.isValid().value());
}

TEST("a context released by hand is not released again") {
  Table table;
  PcscContext context = table.context();
  CHECK(context.release().ok());
  CHECK(context.release().ok());
  CHECK_EQ(table.api->count("SCardReleaseContext"), 1U);
}

TEST("a failed release is told and not tried again") {
  Table table;
  PcscContext context = table.context();
  table.api->fail("SCardReleaseContext", code::kInvalidHandle);
  const auto result = context.release();
  REQUIRE(!result.ok());
  CHECK_EQ(result.error().value, code::kInvalidHandle);
  CHECK(context.release().ok());
}

TEST("a handle the resource manager does not know is invalid, another failure is an error") {
  Table table;
  const PcscContext context = table.context();
  table.api->fail("SCardIsValidContext", code::kInvalidHandle);
  CHECK(!context.isValid().value());
  table.api->fail("SCardIsValidContext", code::kNoService);
  CHECK_EQ(context.isValid().error().value, code::kNoService);
}

TEST("a card goes before the context it keeps alive") {
  Table table;
  { const PcscCard card = table.card(); }
  CHECK_EQ(names(*table.api), (std::vector<std::string>{"SCardEstablishContext", "SCardConnect",
                                                        "SCardDisconnect", "SCardReleaseContext"}));
}

TEST("a card's destructor leaves the card as it is") {
  Table table;
  { const PcscCard card = table.card(); }
  CHECK_EQ(table.api->calls("SCardDisconnect")[0].value, 0U);
}

TEST("a card disconnected by hand with a disposition is not disconnected again") {
  Table table;
  {
    PcscCard card = table.card();
    CHECK(card.disconnect(Disposition::kEject).ok());
    CHECK(card.disconnect(Disposition::kReset).ok());
  }
  REQUIRE(table.api->count("SCardDisconnect") == 1);
  CHECK_EQ(table.api->calls("SCardDisconnect")[0].value, 3U);
}

TEST("a moved card is disconnected once and one assigned over at once") {
  Table table;
  {
    PcscCard first = table.card();
    PcscCard second = std::move(first);
    second = table.card();
    CHECK_EQ(table.api->count("SCardDisconnect"), 1U);
  }
  CHECK_EQ(table.api->count("SCardDisconnect"), 2U);
}

TEST("a refused connection leaves nothing connected") {
  Table table;
  auto context = std::make_shared<PcscContext>(table.context());
  table.api->fail("SCardConnect", code::kSharingViolation);
  const auto card = PcscCard::connect(context, "Reader 0", {});
  REQUIRE(!card.ok());
  CHECK_EQ(card.error().value, code::kSharingViolation);
  CHECK_EQ(std::string(card.error().call), "SCardConnect");
}

TEST("a transaction's destructor ends it with the disposition of its start") {
  Table table;
  const PcscCard card = table.card();
  { auto transaction = PcscTransaction::begin(card, Disposition::kReset); }
  REQUIRE(table.api->count("SCardEndTransaction") == 1);
  CHECK_EQ(table.api->calls("SCardEndTransaction")[0].value, 1U);
}

TEST("a transaction ended by hand or moved from is ended once") {
  Table table;
  const PcscCard card = table.card();
  {
    auto begun = PcscTransaction::begin(card, Disposition::kReset);
    PcscTransaction transaction = std::move(begun.value());
    CHECK(transaction.end(Disposition::kUnpower).ok());
    CHECK(transaction.end(Disposition::kLeave).ok());
  }
  REQUIRE(table.api->count("SCardEndTransaction") == 1);
  CHECK_EQ(table.api->calls("SCardEndTransaction")[0].value, 2U);
}

TEST("a transaction that could not begin is not ended") {
  Table table;
  const PcscCard card = table.card();
  table.api->fail("SCardBeginTransaction", code::kResetCard);
  CHECK(!PcscTransaction::begin(card, Disposition::kLeave).ok());
  CHECK_EQ(table.api->count("SCardEndTransaction"), 0U);
}

TEST("a list that grows between length and fetch is asked for again") {
  Table table;
  const PcscContext context = table.context();
  table.api->growths = 3;
  const auto readers = context.listReaders(std::nullopt);
  REQUIRE(readers.ok());
  CHECK_EQ(readers.value().size(), 4U);
  CHECK_EQ(table.api->count("SCardListReaders"), 8U);
}

TEST("a list that never stops growing ends in an error after eight rounds") {
  Table table;
  const PcscContext context = table.context();
  table.api->growths = 1000;
  const auto readers = context.listReaders(std::nullopt);
  REQUIRE(!readers.ok());
  CHECK_EQ(readers.error().value, code::kInsufficientBuffer);
  CHECK_EQ(table.api->count("SCardListReaders"), 16U);
}

TEST("no reader at all is an empty list, on every call of the pair") {
  Table table;
  const PcscContext context = table.context();
  table.api->fail("SCardListReaders", code::kNoReadersAvailable);
  CHECK(context.listReaders(std::nullopt).value().empty());
  table.api->readers.clear();
  CHECK(context.listReaders(std::nullopt).value().empty());
}

TEST("groups are passed on, and none means all") {
  Table table;
  const PcscContext context = table.context();
  CHECK(context.listReaders(std::vector<std::string>{"Office"}).ok());
  CHECK(context.listReaders(std::nullopt).ok());
  const auto calls = table.api->calls("SCardListReaders");
  REQUIRE(calls.size() == 4);
  CHECK_EQ(calls[0].groups, "Office");
  CHECK_EQ(calls[2].groups, "");
}

TEST("reader names longer than the first buffer of a status are fetched whole") {
  Table table;
  table.api->statusNames = {std::string(700, 'r')};
  const PcscCard card = table.card();
  const auto status = card.status();
  REQUIRE(status.ok());
  CHECK_EQ(status.value().readers, table.api->statusNames);
  CHECK_EQ(table.api->count("SCardStatus"), 2U);
}

TEST("a status whose buffer is never large enough ends in an error") {
  Table table;
  const PcscCard card = table.card();
  table.api->fail("SCardStatus", code::kInsufficientBuffer, 5);
  CHECK_EQ(card.status().error().value, code::kInsufficientBuffer);
  CHECK_EQ(table.api->count("SCardStatus"), 2U);
}

TEST("a state in pcsclite's bits is the highest state reached") {
  const std::vector<std::pair<abi::Dword, std::uint32_t>> cases = {
      {0x01, 0}, {0x02, 1}, {0x04, 2}, {0x0C, 3}, {0x14, 4}, {0x34, 5}, {0x54, 6}, {0x30054, 6}};
  Table table;
  table.api->activeProtocol = 0;
  const PcscCard card = table.card();
  for (const auto& [raw, expected] : cases) {
    table.api->state = raw;
    const auto status = card.status();
    CHECK_EQ(status.value().state, expected);
    CHECK_EQ(status.value().rawState, raw);
  }
}

TEST("a card that speaks a protocol is specific where pcsclite still says negotiable") {
  Table table;
  table.api->state = 0x34;
  table.api->activeProtocol = 2;
  CHECK_EQ(table.card().status().value().state, 6U);
}

TEST("a state in Windows' numbers is itself, and none beyond the last") {
  Dialect windows;
  windows.stateIsEnumeration = true;
  Table table(windows);
  const PcscCard card = table.card();
  for (std::uint32_t raw = 0; raw <= 6; ++raw) {
    table.api->state = raw;
    CHECK_EQ(card.status().value().state, raw);
  }
  table.api->state = 9;
  CHECK_EQ(card.status().value().state, 6U);
}

TEST("raw is 4 to the caller and what the dialect says to the table") {
  for (const std::uint32_t raw : {4U, 0x10000U}) {
    Dialect dialect;
    dialect.rawProtocol = raw;
    Table table(dialect);
    table.api->activeProtocol = raw;
    const PcscCard card = table.card({3, protocol::kT0 | protocol::kRaw});
    CHECK_EQ(table.api->calls("SCardConnect")[0].value, 1U | raw);
    CHECK_EQ(card.activeProtocol(), protocol::kRaw);
    CHECK_EQ(card.status().value().protocol, protocol::kRaw);
    std::vector<std::uint8_t> response(16);
    CHECK(card.transmit(std::vector<std::uint8_t>{1}, 0, response).ok());
    CHECK_EQ(table.api->calls("SCardTransmit")[0].value, raw);
  }
}

TEST("a reconnection's protocol is the one of later transmissions") {
  Table table;
  PcscCard card = table.card();
  table.api->activeProtocol = 1;
  CHECK_EQ(card.reconnect({}, 0).value(), protocol::kT0);
  std::vector<std::uint8_t> response(16);
  CHECK(card.transmit(std::vector<std::uint8_t>{1}, 0, response).ok());
  CHECK_EQ(table.api->calls("SCardTransmit")[0].value, 1U);
  table.api->fail("SCardReconnect", code::kProtoMismatch);
  CHECK(!card.reconnect({}, 0).ok());
  CHECK_EQ(card.activeProtocol(), protocol::kT0);
}

TEST("the largest answer fits and no answer is no failure") {
  Table table;
  const PcscCard card = table.card();
  std::vector<std::uint8_t> response(65538);
  table.api->answer = [](const test::Bytes& sent) { return test::Bytes(sent[0] * 65538U, 7); };
  CHECK_EQ(card.transmit(std::vector<std::uint8_t>{1}, 0, response).value(), 65538U);
  CHECK_EQ(card.transmit(std::vector<std::uint8_t>{0}, 0, response).value(), 0U);
}

}  // namespace
}  // namespace scard
