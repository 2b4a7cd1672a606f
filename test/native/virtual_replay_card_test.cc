// Transcripts and the card that replays them.
#include "core/virtual/replay_card.h"
#include "virtual_fixture.h"

namespace scard::test {
namespace {

constexpr char kRecording[] = R"(# a bug report
atr 3B80800101
protocol T=1
> 00 A4 04 00 00
< 6F 00 90 00
> 00 20 00 01 04 ** ** ** **
< 90 00
> 00 B0 00 00 00   # before the reset
< 01 90 00
reset
> 00 B0 00 00 00
< 02 90 00
)";

TEST("a recording is parsed, or the fault and its line are named") {
  const vrm::ParsedTranscript parsed = vrm::parseTranscript(kRecording);
  REQUIRE(parsed.transcript.has_value());
  CHECK_EQ(parsed.transcript->atr, kT0T1Atr);
  CHECK_EQ(parsed.transcript->protocol, protocol::kT1);
  CHECK_EQ(parsed.transcript->steps.size(), 5U);
  const auto fault = [](const std::string& text) {
    const vrm::ParsedTranscript broken = vrm::parseTranscript(text);
    return std::to_string(broken.line) + ": " + broken.fault;
  };
  CHECK_EQ(fault("atr 3B00\n> 00 A4 0\n"), "2: hex bytes expected");
  CHECK_EQ(fault("atr 3B00\n< 9000\n"), "2: a response without a command");
  CHECK_EQ(fault("atr 3B00\n> 00\n> 00\n"), "3: a command follows one without a response");
  CHECK_EQ(fault("atr 3B00\n> 00\n"), "2: the last command has no response");
  CHECK_EQ(fault("> 00\n< 9000\n"), "2: an atr of 2 to 33 bytes is needed");
  CHECK_EQ(fault("hello\n"), "1: atr, protocol, reset, > or < expected");
  CHECK_EQ(fault("hello x\n"), "1: hex bytes expected");
  CHECK_EQ(fault("protocol T=7\n"), "1: protocol is T=0 or T=1");
}

TEST("a replayed card answers in order, with masked bytes free and resets kept apart") {
  VirtualWorld world;
  world.manager.insertCard(
      "Reader", std::make_shared<vrm::ReplayCard>(*vrm::parseTranscript(kRecording).transcript));
  const auto card = world.connect(world.context());
  const auto ask = [&](const Bytes& command) { return world.transmit(card, command).response; };
  CHECK_EQ(ask({0x00, 0xA4, 0x04, 0x00, 0x00}), (Bytes{0x6F, 0x00, 0x90, 0x00}));
  CHECK_EQ(ask({0x00, 0x20, 0x00, 0x01, 0x04, 9, 8, 7, 6}), (Bytes{0x90, 0x00}));
  CHECK_EQ(ask({0x00, 0xB0, 0x00, 0x00, 0x00}), (Bytes{0x01, 0x90, 0x00}));
  CHECK_EQ(world.reconnect(card, disposition::kReset), result::kSuccess);
  CHECK_EQ(ask({0x00, 0xB0, 0x00, 0x00, 0x00}), (Bytes{0x02, 0x90, 0x00}));
  CHECK_EQ(ask({0x00, 0xFF, 0x00, 0x00, 0x00}), (Bytes{0x6F, 0x00}));
  // From the start again, when nothing further on fits.
  CHECK_EQ(ask({0x00, 0xA4, 0x04, 0x00, 0x00}), (Bytes{0x6F, 0x00, 0x90, 0x00}));
}

}  // namespace
}  // namespace scard::test
