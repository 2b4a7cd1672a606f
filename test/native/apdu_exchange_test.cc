// Framing over scripted tables: which APDUs go out for a command, and what their answers make.
#include "core/apdu_exchange.h"

#include "apdu_line.h"
#include "core/apdu_command.h"
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

TEST("the seven encodings are read and written again as they were") {
  for (const auto* text :
       {"00A40000", "00B0000010", "00B0000000", "00D60000020102", "00A4040002A00000",
        "00B00000000100", "00B00000000000", "00D60000 000001 AA", "00D60000 000100 AB*256",
        "00A40400 000002 A000 0000", "00A40400 000002 A000 0102"}) {
    const Bytes bytes = fromHex(text);
    const auto fields = parseApdu(bytes);
    REQUIRE(fields.has_value());
    Bytes written;
    appendApdu(written, *fields);
    CHECK_EQ(written, bytes);
    CHECK_EQ(apduLength(*fields), bytes.size());
  }
}

TEST("lengths that do not add up are no command") {
  for (const auto* text :
       {"", "00A404", "00A404000201", "00A40400020102 00 00", "00A40400 0000", "00A40400 000000 01",
        "00A40400 000002 01", "00A40400 000001 01 00", "00A40400 000001 01 000000"}) {
    CHECK(!parseApdu(fromHex(text)).has_value());
  }
}

TEST("T=1 commands of all cases go out as they are and their answers come back as they are") {
  for (const auto* command : {"00A40000", "00B0000010", "00D60000020102", "00A4040002A00000",
                              "00B00000000000", "00D6000000 0100 AB*256"}) {
    TableLine line(kT1, {{command, "AABB9000"}});
    CHECK_EQ(answered(line, command), fromHex("AABB9000"));
  }
}

TEST("T=0 gives a case 1 command a P3 and leaves out the Le of case 4") {
  TableLine case1(kT0, {{"00A4000000", "9000"}});
  CHECK_EQ(answered(case1, "00A40000"), fromHex("9000"));
  TableLine case2(kT0, {{"00B0000010", "AA*16 9000"}});
  CHECK_EQ(answered(case2, "00B0000010"), fromHex("AA*16 9000"));
  TableLine case3(kT0, {{"00D60000020102", "9000"}});
  CHECK_EQ(answered(case3, "00D60000020102"), fromHex("9000"));
  TableLine case4(kT0, {{"00A4040002A000", "6104"}, {"00C0000004", "010203049000"}});
  CHECK_EQ(answered(case4, "00A4040002A00000"), fromHex("010203049000"));
}

TEST("61XX is followed in rounds, never for more than announced, and 6100 for 256") {
  for (const std::uint32_t protocol : {kT0, kT1}) {
    TableLine line(protocol, {{"00CA7F2100", "11*256 6100"},
                              {"00C0000000", "22*256 6103"},
                              {"00C0000003", "333333 9000"}});
    CHECK_EQ(answered(line, "00CA7F2100"), fromHex("11*256 22*256 33*3 9000"));
  }
}

TEST("61XX after an extended command is followed too") {
  TableLine line(kT1, {{"00B00000000000", "11*1000 6100"},
                       {"00C0000000", "22*256 6110"},
                       {"00C0000010", "33*16 6282"}});
  CHECK_EQ(answered(line, "00B00000000000"), fromHex("11*1000 22*256 33*16 6282"));
}

TEST("GET RESPONSE keeps channel and secure messaging, and drops the chaining bit") {
  TableLine channel(kT1, {{"0300000000", "6101"}, {"03C0000001", "AA9000"}});
  CHECK_EQ(answered(channel, "0300000000"), fromHex("AA9000"));
  TableLine secure(kT1, {{"0C00000000", "6101"}, {"0CC0000001", "AA9000"}});
  CHECK_EQ(answered(secure, "0C00000000"), fromHex("AA9000"));
  TableLine further(kT1, {{"7700000000", "6101"}, {"67C0000001", "AA9000"}});
  CHECK_EQ(answered(further, "7700000000"), fromHex("AA9000"));
  TableLine chained(kT1, {{"1000000001AA", "6101"}, {"00C0000001", "AA9000"}});
  CHECK_EQ(answered(chained, "1000000001AA"), fromHex("AA9000"));
  // In a proprietary class bit 5 means what the card's maker wanted.
  TableLine proprietary(kT1, {{"9000000000", "6101"}, {"90C0000001", "AA9000"}});
  CHECK_EQ(answered(proprietary, "9000000000"), fromHex("AA9000"));
  TableLine other(kT1, {{"8000000000", "6101"}, {"00C0000001", "AA9000"}});
  FramingOptions options;
  options.alternateClass = 0;
  CHECK_EQ(answered(other, "8000000000", options), fromHex("AA9000"));
}

TEST("6CXX repeats the command with the Le it names, 6C00 with 256") {
  for (const std::uint32_t protocol : {kT0, kT1}) {
    TableLine line(protocol, {{"00CA006E00", "6C02"}, {"00CA006E02", "AABB9000"}});
    CHECK_EQ(answered(line, "00CA006E00"), fromHex("AABB9000"));
    TableLine none(protocol, {{protocol == kT0 ? "00CA006E00" : "00CA006E", "6C02"},
                              {"00CA006E02", "AABB9000"}});
    CHECK_EQ(answered(none, "00CA006E"), fromHex("AABB9000"));
    TableLine all(protocol, {{"00CA006E01", "6C00"}, {"00CA006E00", "AA*256 9000"}});
    CHECK_EQ(answered(all, "00CA006E01"), fromHex("AA*256 9000"));
  }
  TableLine case4(kT1, {{"00CB3FFF025C0000", "6C03"}, {"00CB3FFF025C0003", "AABBCC9000"}});
  CHECK_EQ(answered(case4, "00CB3FFF025C0000"), fromHex("AABBCC9000"));
  TableLine extended(
      kT1, {{"00CB3FFF0000025C000000", "6C03"}, {"00CB3FFF0000025C000003", "AABBCC9000"}});
  CHECK_EQ(answered(extended, "00CB3FFF0000025C000000"), fromHex("AABBCC9000"));
}

TEST("a T=0 command with data has no Le that could be wrong") {
  TableLine line(kT0, {{"00A4040002A000", "6C03"}});
  CHECK_EQ(answered(line, "00A4040002A00000"), fromHex("6C03"));
}

TEST("6CXX in answer to GET RESPONSE repeats that one, and what came before is kept") {
  TableLine line(
      kT0,
      {{"00B2010C00", "11*256 6120"}, {"00C0000020", "6C05"}, {"00C0000005", "2222222222 9000"}});
  CHECK_EQ(answered(line, "00B2010C00"), fromHex("11*256 22*5 9000"));
}

TEST("6CXX, then 61XX, then 6CXX again: all are followed") {
  TableLine line(kT0, {{"00B2010C00", "6C10"},
                       {"00B2010C10", "11*16 6108"},
                       {"00C0000008", "6C04"},
                       {"00C0000004", "22*4 9000"}});
  CHECK_EQ(answered(line, "00B2010C00"), fromHex("11*16 22*4 9000"));
}

TEST("67XX and 9FXX mean what they mean unless told otherwise") {
  FramingOptions quirks;
  quirks.wrongLengthIsExactLe = true;
  quirks.sw9fIsMoreData = true;
  TableLine plain(kT0, {{"00CA006E00", "6702"}});
  CHECK_EQ(answered(plain, "00CA006E00"), fromHex("6702"));
  TableLine quirky(kT0, {{"00CA006E00", "6702"}, {"00CA006E02", "AABB9000"}});
  CHECK_EQ(answered(quirky, "00CA006E00", quirks), fromHex("AABB9000"));
  TableLine wrong(kT0, {{"00CA006E00", "6700"}});
  CHECK_EQ(answered(wrong, "00CA006E00", quirks), fromHex("6700"));
  TableLine sim(kT0, {{"A0A40000023F00", "9F02"}, {"A0C0000002", "AABB9000"}});
  CHECK_EQ(answered(sim, "A0A40000023F00", quirks), fromHex("AABB9000"));
  TableLine left(kT0, {{"A0A40000023F00", "9F02"}});
  CHECK_EQ(answered(left, "A0A40000023F00"), fromHex("9F02"));
}

TEST("GET RESPONSE and repetition can be left to the caller") {
  FramingOptions options;
  options.getResponse = GetResponse::kNever;
  options.repeatWithExactLe = false;
  TableLine more(kT1, {{"00CA006E00", "AA6110"}});
  CHECK_EQ(answered(more, "00CA006E00", options), fromHex("AA6110"));
  TableLine le(kT1, {{"00CA006E00", "6C10"}});
  CHECK_EQ(answered(le, "00CA006E00", options), fromHex("6C10"));
}

TEST("an expected answer is asked for where a T=0 card does not announce it") {
  FramingOptions options;
  options.getResponse = GetResponse::kExpected;
  TableLine some(kT0,
                 {{"00A4040002A000", "9000"}, {"00C0000000", "6C02"}, {"00C0000002", "AABB9000"}});
  CHECK_EQ(answered(some, "00A4040002A00000", options), fromHex("AABB9000"));
  TableLine warned(kT0, {{"00A4040002A000", "6283"}, {"00C0000010", "AA*16 9000"}});
  CHECK_EQ(answered(warned, "00A4040002A00010", options), fromHex("AA*16 9000"));
  TableLine none(kT0, {{"00A4040002A000", "9000"}, {"00C0000000", "6985"}});
  CHECK_EQ(answered(none, "00A4040002A00000", options), fromHex("9000"));
  TableLine refused(kT0, {{"00A4040002A000", "6A82"}});
  CHECK_EQ(answered(refused, "00A4040002A00000", options), fromHex("6A82"));
  TableLine unasked(kT0, {{"00D60000020102", "9000"}});
  CHECK_EQ(answered(unasked, "00D60000020102", options), fromHex("9000"));
  TableLine other(kT1, {{"00A4040002A00000", "9000"}});
  CHECK_EQ(answered(other, "00A4040002A00000", options), fromHex("9000"));
}

TEST("an error in a later round is the answer, with the data before it") {
  TableLine line(kT1, {{"00CA006E00", "11*256 6100"}, {"00C0000000", "6F00"}});
  CHECK_EQ(answered(line, "00CA006E00"), fromHex("11*256 6F00"));
}

TEST("a failure of PC/SC keeps what had arrived") {
  TableLine first(kT1, {{"00CA006E00", "", code::kResetCard}});
  const auto nothing = frame(first, fromHex("00CA006E00"));
  CHECK_EQ(nothing.end(), ExchangeEnd::kFailed);
  CHECK_EQ(nothing.result.exchanges, 1U);
  TableLine later(kT1, {{"00CA006E00", "11*256 6100"}, {"00C0000000", "", code::kRemovedCard}});
  const auto some = frame(later, fromHex("00CA006E00"));
  CHECK_EQ(some.end(), ExchangeEnd::kFailed);
  CHECK_EQ(some.result.error.value, code::kRemovedCard);
  CHECK_EQ(some.result.exchanges, 2U);
  CHECK_EQ(some.bytes, fromHex("11*256"));
}

TEST("an answer without a status word ends the exchange and is kept") {
  for (const auto* cut : {"", "22", "2222", "6000", "22222233"}) {
    TableLine line(kT1, {{"00CA006E00", "11*3 6110"}, {"00C0000010", cut}});
    const auto framed = frame(line, fromHex("00CA006E00"));
    CHECK_EQ(framed.end(), ExchangeEnd::kIncomplete);
    Bytes expected = fromHex("11*3");
    const Bytes last = fromHex(cut);
    expected.insert(expected.end(), last.begin(), last.end());
    CHECK_EQ(framed.bytes, expected);
  }
}

TEST("a card that announces for ever and gives nothing is left after 16 rounds") {
  std::vector<test::Exchanged> table{{"00CA006E00", "11 6110"}};
  for (int i = 0; i < 16; ++i) table.push_back({"00C0000010", "6110"});
  TableLine line(kT1, table);
  const auto framed = frame(line, fromHex("00CA006E00"));
  CHECK_EQ(framed.end(), ExchangeEnd::kEndless);
  CHECK_EQ(framed.bytes, fromHex("11"));
  CHECK_EQ(framed.result.exchanges, 17U);
}

TEST("a card that names another Le each time is left after four repetitions") {
  TableLine line(kT1, {{"00CA006E00", "6C01"},
                       {"00CA006E01", "6C02"},
                       {"00CA006E02", "6C03"},
                       {"00CA006E03", "6C04"},
                       {"00CA006E04", "6C05"}});
  CHECK_EQ(frame(line, fromHex("00CA006E00")).end(), ExchangeEnd::kEndless);
}

TEST("no more than maxLength is fetched, and what came is kept") {
  FramingOptions options;
  options.maxLength = 300;
  TableLine over(kT1, {{"00CA006E00", "11*256 6100"}, {"00C0000000", "22*256 6100"}});
  const auto more = frame(over, fromHex("00CA006E00"), options);
  CHECK_EQ(more.end(), ExchangeEnd::kTooLong);
  CHECK_EQ(more.bytes, fromHex("11*256 22*256"));
  TableLine exact(kT1, {{"00CA006E00", "11*256 612C"}, {"00C000002C", "22*44 9000"}});
  CHECK_EQ(answered(exact, "00CA006E00", options), fromHex("11*256 22*44 9000"));
  TableLine next(kT1, {{"00CA006E00", "11*256 612C"}, {"00C000002C", "22*44 6101"}});
  CHECK_EQ(frame(next, fromHex("00CA006E00"), options).end(), ExchangeEnd::kTooLong);
}

TEST("an exchange that nobody waits for ends after the APDU under way") {
  TableLine line(kT1, {{"00CA006E00", "11*256 6100"}, {"00C0000000", "22*256 6100"}});
  line.givenUpAfter = 2;
  CHECK_EQ(frame(line, fromHex("00CA006E00")).end(), ExchangeEnd::kGivenUp);
}

TEST("the buffer grows for what does not fit 64 KiB, and each answer has room for 256 bytes") {
  std::vector<test::Exchanged> table{{"00B00000000000", "AA*65536 6100"}};
  for (int i = 0; i < 600; ++i) table.push_back({"00C0000000", "BB*256 6100"});
  table.push_back({"00C0000000", "CC*10 9000"});
  TableLine line(kT1, table);
  const Bytes bytes = answered(line, "00B00000000000");
  REQUIRE(bytes.size() == 65536 + 600 * 256 + 12);
  CHECK_EQ(bytes, fromHex("AA*65536 BB*153600 CC*10 9000"));
  CHECK(line.smallestRoom >= 258);
}

TEST("answers of several exchanges follow one another in one space") {
  const auto pool = std::make_shared<BufferPool>();
  ResponseSpace space(pool->take());
  TableLine line(kT1,
                 {{"00CA000100", "11 9000"}, {"00CA000200", "22 6101"}, {"00C0000001", "33 9000"}});
  for (const auto* command : {"00CA000100", "00CA000200"})
    CHECK_EQ(exchangeApdu(line, fromHex(command), {}, space).end, ExchangeEnd::kAnswered);
  CHECK_EQ(Bytes(space.bytes().begin(), space.bytes().end()), fromHex("119000 2233 9000"));
}

}  // namespace
}  // namespace scard
