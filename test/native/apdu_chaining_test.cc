// Commands that do not fit the short form: extended, chained or enveloped, by what is known.
#include "apdu_line.h"
#include "core/apdu_capabilities.h"
#include "core/apdu_exchange.h"
#include "test.h"

namespace scard {
namespace {

using test::answered;
using test::Bytes;
using test::frame;
using test::fromHex;
using test::TableLine;

constexpr std::uint32_t kT0 = protocol::kT0;
constexpr std::uint32_t kT1 = protocol::kT1;
constexpr ApduCapabilities kChains{true, false};
constexpr ApduCapabilities kExtends{false, true};
constexpr ApduCapabilities kBoth{true, true};
constexpr ApduCapabilities kNeither{false, false};

/// PUT DATA with 300 bytes, Le 65 536.
constexpr auto* kLong = "00DB3FFF 00012C AB*300 0000";
constexpr auto* kFirst = "10DB3FFF FF AB*255";

TEST("the card's capabilities are read from the historical bytes") {
  const auto read = [](std::string_view atr) { return readCapabilities(fromHex(atr)); };
  // T=1, 80, tag 7 length 3: selection, data coding, capabilities.
  const auto both = read("3B 84 80 01 80 73 00 00 C0 00");
  CHECK(!both.has_value());  // cut short: the third byte lies outside of the historical bytes
  const auto whole = read("3B 85 80 01 80 73 00 00 C0 00");
  REQUIRE(whole.has_value());
  CHECK(whole->chaining);
  CHECK(whole->extended);
  const auto some = read("3B F8 13 00 00 81 31 FE 15 80 31 C0 73 C0 21 40 00 00");
  REQUIRE(some.has_value());
  CHECK(!some->chaining);
  CHECK(some->extended);
  // 00: three bytes of status end the historical bytes and are no object.
  const auto status = read("3B 08 00 73 00 00 80 05 90 00");
  REQUIRE(status.has_value());
  CHECK(status->chaining);
  for (const auto* silent : {"", "3B", "3B00", "3B F8 13", "3B 85 80 01 73 63 61 72 64",
                             "3B 83 80 01 80 71 00 00", "3B 04 00 73 00 00", "3B 02 80 7F"}) {
    CHECK(!read(silent).has_value());
  }
}

TEST("a long command is sent extended where the card allows it or says nothing") {
  for (const auto known :
       {std::optional<ApduCapabilities>{}, std::optional(kExtends), std::optional(kBoth)}) {
    TableLine line(kT1, {{kLong, "9000"}});
    line.known = known;
    CHECK_EQ(answered(line, kLong), fromHex("9000"));
    CHECK_EQ(line.asked, 1);
  }
}

TEST("a short command never asks for the capabilities") {
  TableLine line(kT1, {{"00B0000000", "9000"}});
  CHECK_EQ(answered(line, "00B0000000"), fromHex("9000"));
  CHECK_EQ(line.asked, 0);
}

TEST("a card that only chains gets a chain, and its answer in parts") {
  TableLine line(
      kT1, {{kFirst, "9000"}, {"00DB3FFF 2D AB*45 00", "11*256 6102"}, {"00C0000002", "22229000"}});
  line.known = kChains;
  CHECK_EQ(answered(line, kLong), fromHex("11*256 2222 9000"));
}

TEST("a card that neither chains nor extends gets a short form if only Le is long") {
  TableLine line(kT1, {{"00B0000000", "11*256 6101"}, {"00C0000001", "22 9000"}});
  line.known = kNeither;
  CHECK_EQ(answered(line, "00B00000000000"), fromHex("11*256 22 9000"));
}

TEST("a card that neither chains nor extends never sees a command with long data") {
  TableLine line(kT1);
  line.known = kNeither;
  const auto framed = frame(line, fromHex(kLong));
  CHECK_EQ(framed.end(), ExchangeEnd::kCommandTooLong);
  CHECK_EQ(framed.result.exchanges, 0U);
}

TEST("T=0 takes long data in a chain if the card says so, else in ENVELOPE") {
  TableLine chain(kT0,
                  {{kFirst, "9000"}, {"00DB3FFF 2D AB*45", "6102"}, {"00C0000002", "22229000"}});
  chain.known = kBoth;
  CHECK_EQ(answered(chain, kLong), fromHex("22229000"));
  // The whole command, length fields included, is what the envelopes carry.
  TableLine envelope(kT0, {{"00C20000 FF 00DB3FFF00012C AB*248", "9000"},
                           {"00C20000 36 AB*52 0000", "6102"},
                           {"00C0000002", "22229000"}});
  CHECK_EQ(answered(envelope, kLong), fromHex("22229000"));
}

TEST("ENVELOPE never leaves Le alone: the rest would look like a whole command") {
  // 512 bytes in all: pieces of 255 would end right before Le.
  TableLine line(kT0, {{"00C20000 FE 00DB3FFF0001F7 AB*247", "9000"},
                       {"00C20000 FE AB*254", "9000"},
                       {"00C20000 04 AB*2 0000", "9000"}});
  CHECK_EQ(answered(line, "00DB3FFF 0001F7 AB*503 0000"), fromHex("9000"));
}

TEST("T=0 asks for 256 bytes at a time, whatever Le was") {
  TableLine line(
      kT0,
      {{"00B0000000", "11*256 6100"}, {"00C0000000", "22*256 6101"}, {"00C0000001", "339000"}});
  CHECK_EQ(answered(line, "00B00000000400"), fromHex("11*256 22*256 33 9000"));
  TableLine wrong(kT0, {{"00B0000000", "6C20"}, {"00B0000020", "11*32 9000"}});
  CHECK_EQ(answered(wrong, "00B00000000400"), fromHex("11*32 9000"));
}

TEST("a chain keeps channel and secure messaging in each class byte") {
  TableLine line(kT1, {{"1FDB3FFF FF AB*255", "9000"}, {"0FDB3FFF 2D AB*45 00", "9000"}});
  line.known = kChains;
  CHECK_EQ(answered(line, "0FDB3FFF 00012C AB*300 0000"), fromHex("9000"));
  TableLine further(kT1, {{"72DB3FFF FF AB*255", "9000"}, {"62DB3FFF 2D AB*45", "9000"}});
  further.known = kChains;
  CHECK_EQ(answered(further, "62DB3FFF 00012C AB*300"), fromHex("9000"));
}

TEST("a chain that the card refuses ends there: its word is the answer") {
  for (const auto* refusal : {"6884", "6883", "6A84", "6982"}) {
    TableLine line(kT1, {{kFirst, refusal}});
    line.known = kChains;
    CHECK_EQ(answered(line, kLong), fromHex(refusal));
  }
}

TEST("a chain whose Le was wrong is repeated whole") {
  TableLine line(kT1, {{kFirst, "9000"},
                       {"00DB3FFF 2D AB*45 00", "6C01"},
                       {kFirst, "9000"},
                       {"00DB3FFF 2D AB*45 01", "229000"}});
  line.known = kChains;
  CHECK_EQ(answered(line, kLong), fromHex("229000"));
}

TEST("a chain that breaks off keeps the failure and the number of commands") {
  TableLine line(kT1,
                 {{"10DB3FFF FF AB*255", "9000"}, {"00DB3FFF 2D AB*45 00", "", code::kResetCard}});
  line.known = kChains;
  const auto framed = frame(line, fromHex(kLong));
  CHECK_EQ(framed.end(), ExchangeEnd::kFailed);
  CHECK_EQ(framed.result.exchanges, 2U);
}

TEST("each way can be insisted on") {
  FramingOptions extended{.longCommands = LongCommands::kExtended};
  TableLine whole(kT0, {{kLong, "9000"}});
  whole.known = kChains;
  CHECK_EQ(answered(whole, kLong, extended), fromHex("9000"));
  FramingOptions chaining{.longCommands = LongCommands::kChaining};
  TableLine chain(kT1, {{kFirst, "9000"}, {"00DB3FFF 2D AB*45 00", "9000"}});
  CHECK_EQ(answered(chain, kLong, chaining), fromHex("9000"));
  TableLine le(kT1, {{"00B0000000", "AA9000"}});
  CHECK_EQ(answered(le, "00B00000000000", chaining), fromHex("AA9000"));
  FramingOptions envelope{.longCommands = LongCommands::kEnvelope, .alternateClass = 0x80};
  TableLine enveloped(kT1, {{"80C20000 07 00B00000000000 00", "AA9000"}});
  CHECK_EQ(answered(enveloped, "00B00000000000", envelope), fromHex("AA9000"));
}

TEST("a card's limit decides how large the parts are") {
  FramingOptions options{.maxCommand = 209};
  // Extended parts: 209 less header, Lc and Le would be 200, which short ones beat with 203.
  TableLine line(kT1, {{"10DB3FFF CB AB*203", "9000"}, {"00DB3FFF 61 AB*97 00", "9000"}});
  line.known = kBoth;
  CHECK_EQ(answered(line, kLong, options), fromHex("9000"));
  options.maxCommand = 1009;
  TableLine large(kT1,
                  {{"10DB3FFF 0003E8 AB*1000", "9000"}, {"00DB3FFF 0001F4 AB*500 0000", "9000"}});
  large.known = kBoth;
  CHECK_EQ(answered(large, "00DB3FFF 0005DC AB*1500 0000", options), fromHex("9000"));
  TableLine fits(kT1, {{kLong, "9000"}});
  fits.known = kBoth;
  CHECK_EQ(answered(fits, kLong, options), fromHex("9000"));
}

TEST("part of a chain is not split again, nor is a command to the reader") {
  for (const auto* command : {"10DB3FFF 00012C AB*300", "FFDB3FFF 00012C AB*300"}) {
    TableLine line(kT1);
    line.known = kChains;
    FramingOptions options{.longCommands = LongCommands::kChaining};
    CHECK_EQ(frame(line, fromHex(command), options).end(), ExchangeEnd::kAlreadyChained);
  }
  TableLine reader(kT1, {{"FFDB3FFF 00012C AB*300", "9000"}});
  reader.known = kNeither;
  CHECK_EQ(answered(reader, "FFDB3FFF 00012C AB*300"), fromHex("9000"));
}

}  // namespace
}  // namespace scard
