// Faults on demand: what an application sees of each, and that nothing hangs.
#include "virtual_fixture.h"

namespace scard::test {
namespace {

using vrm::Fault;

const Bytes kCommand{0x80, 0x10, 0x00, 0x00, 0x04};
const Bytes kAnswer{0x80, 0x10, 0x00, 0x00, 0x04, 0x90, 0x00};

/// A connected card whose second exchange from now has `fault`.
struct Faulty : VirtualWorld {
  explicit Faulty(Fault fault, vrm::Profile profile = vrm::Profile::pcsclite())
      : VirtualWorld(profile) {
    manager.insertCard("Reader", echoCard());
    card = connect(context(), share::kShared, protocol::kT1);
    fault.exchange = 2;
    manager.addFault("Reader", fault);
    CHECK_EQ(send().response, kAnswer);
  }

  Sent send() { return transmit(card, kCommand); }

  abi::CardHandle card = 0;
};

TEST("the card is taken out before the n-th command reaches it") {
  Faulty world({.kind = Fault::Kind::kRemoveBefore});
  CHECK_EQ(world.send().result, result::kRemovedCard);
  CHECK_EQ(world.send().result, result::kRemovedCard);
  CHECK_EQ(world.manager.snapshot("Reader").transmitCount, 1U);
}

TEST("the card is taken out in the middle of an answer") {
  Faulty pcsclite({.kind = Fault::Kind::kRemoveDuring, .bytes = 3});
  const Sent sent = pcsclite.send();
  CHECK_EQ(sent.result, result::kSuccess);
  CHECK_EQ(sent.response, (Bytes{0x80, 0x10, 0x00}));
  CHECK_EQ(pcsclite.send().result, result::kRemovedCard);
  Faulty windows({.kind = Fault::Kind::kRemoveDuring, .bytes = 3}, vrm::Profile::windows());
  CHECK_EQ(windows.send().result, result::kRemovedCard);
}

TEST("the reader is unplugged inside a transaction") {
  Faulty world({.kind = Fault::Kind::kUnplug});
  const auto other = world.connect(world.context());
  world.api.beginTransaction(world.card);
  auto waiting = inBackground([&] { return world.code(world.api.beginTransaction(other)); });
  CHECK(isBlocked(waiting));
  CHECK_EQ(world.send().result, result::kReaderUnavailable);
  CHECK_EQ(waiting.get(), result::kReaderUnavailable);
  CHECK_EQ(world.code(world.api.endTransaction(world.card, disposition::kLeave)),
           result::kReaderUnavailable);
  CHECK_EQ(world.code(world.api.disconnect(world.card, disposition::kLeave)), result::kSuccess);
  CHECK(world.manager.readers().empty());
}

TEST("the service stops in the middle of an exchange and starts again") {
  Faulty world({.kind = Fault::Kind::kStopService});
  CHECK_EQ(world.send().result, result::kCommError);
  CHECK_EQ(world.send().result, result::kNoService);
  world.manager.startService();
  const auto card = world.connect(world.context(), share::kShared, protocol::kT1);
  CHECK_EQ(world.transmit(card, kCommand).response, kAnswer);
}

TEST("an answer is delayed, and removal does not wait for it") {
  Faulty world({.kind = Fault::Kind::kDelay, .delay = 30ms});
  const auto begun = std::chrono::steady_clock::now();
  CHECK_EQ(world.send().response, kAnswer);
  CHECK(std::chrono::steady_clock::now() - begun >= 30ms);
  world.manager.addFault("Reader", {.kind = Fault::Kind::kDelay, .delay = 1h});
  auto sent = inBackground([&] { return world.send(); });
  CHECK(isBlocked(sent));
  world.manager.removeCard("Reader");
  CHECK(sent.get().response.empty());
}

TEST("answers are truncated and oversized") {
  Faulty cut({.kind = Fault::Kind::kTruncate, .bytes = 1});
  const Sent sent = cut.send();
  CHECK_EQ(sent.result, result::kSuccess);
  CHECK_EQ(sent.response, Bytes{0x80});
  CHECK_EQ(cut.send().response, kAnswer);
  Faulty padded({.kind = Fault::Kind::kOversize, .bytes = 65538});
  CHECK_EQ(padded.send().response.size(), 65538U);
  Faulty tooLong({.kind = Fault::Kind::kOversize, .bytes = 70000});
  CHECK_EQ(tooLong.send().result, result::kInsufficientBuffer);
}

TEST("a card that does not answer fails the exchange, once or for good") {
  Faulty world({.kind = Fault::Kind::kMute});
  CHECK_EQ(world.send().result, result::kNotTransacted);
  CHECK_EQ(world.send().response, kAnswer);
  world.manager.addFault("Reader", {.kind = Fault::Kind::kMute, .count = 0});
  for (int i = 0; i < 5; ++i) CHECK_EQ(world.send().result, result::kNotTransacted);
  world.manager.clearFaults("Reader");
  CHECK_EQ(world.send().response, kAnswer);
}

TEST("endless 61xx and 6Cxx") {
  Faulty more({.kind = Fault::Kind::kMoreData, .count = 0});
  Faulty wrong({.kind = Fault::Kind::kWrongLength, .count = 0});
  for (int i = 0; i < 300; ++i) {
    const Bytes response = more.send().response;
    REQUIRE(response.size() >= 2);
    CHECK_EQ(response[response.size() - 2], 0x61);
    const Bytes length = wrong.send().response;
    REQUIRE(length.size() == 2);
    CHECK_EQ(length[0], 0x6C);
    CHECK_EQ(length[1], i & 0xFF);
  }
}

TEST("two faults strike each at its own exchange") {
  VirtualWorld world;
  world.manager.insertCard("Reader", echoCard());
  const auto card = world.connect(world.context());
  world.manager.addFault("Reader", {.kind = Fault::Kind::kMute, .exchange = 3});
  world.manager.addFault("Reader", {.kind = Fault::Kind::kTruncate, .exchange = 1, .bytes = 0});
  CHECK(world.transmit(card, kCommand).response.empty());
  CHECK_EQ(world.transmit(card, kCommand).response, kAnswer);
  CHECK_EQ(world.transmit(card, kCommand).result, result::kNotTransacted);
  CHECK_EQ(world.transmit(card, kCommand).response, kAnswer);
  CHECK(!world.manager.addFault("Nobody", {}));
}

TEST("latency and byte rate take their time") {
  VirtualWorld world;
  world.manager.addReader({.name = "Slow", .timing = {.latency = 10ms, .bytesPerSecond = 1000}});
  world.manager.insertCard("Slow", echoCard());
  const auto card = world.connect(world.context(), share::kShared, kBoth, "Slow");
  const auto begun = std::chrono::steady_clock::now();
  world.transmit(card, kCommand);
  // 10 ms and 12 bytes of 1 ms.
  CHECK(std::chrono::steady_clock::now() - begun >= 22ms);
}

/// What a program does over and over, whatever happens to its card meanwhile.
void useCard(VirtualWorld& world) {
  abi::ContextHandle context = 0;
  if (world.code(world.api.establishContext(2, nullptr, nullptr, &context)) != result::kSuccess)
    return;
  const vrm::Chars name = vrm::toChars("Reader");
  abi::CardHandle card = 0;
  Dword active = 0;
  if (world.code(world.api.connect(context, name.c_str(), share::kShared, kBoth, &card, &active)) ==
      result::kSuccess) {
    world.api.beginTransaction(card);
    world.transmit(card, kCommand, active);
    world.api.endTransaction(card, disposition::kReset);
    world.api.disconnect(card, disposition::kUnpower);
  }
  world.observe(context, state::kEmpty, 1);
  world.api.releaseContext(context);
}

TEST("a storm of removals, unplugging and restarts leaves no call, handle or lock behind") {
  VirtualWorld world;
  std::atomic<bool> done{false};
  std::vector<std::future<void>> programs;
  for (int i = 0; i < 4; ++i) {
    programs.push_back(inBackground([&] {
      while (!done) useCard(world);
    }));
  }
  // A fixed sequence: only the interleaving with the programs differs from run to run.
  std::uint32_t random = 1;
  for (int step = 0; step < 400; ++step) {
    random = random * 1664525U + 1013904223U;
    switch (random >> 29U) {
      case 0:
        world.manager.removeReader("Reader");
        break;
      case 1:
        world.manager.stopService();
        break;
      case 2:
      case 3:
        world.manager.removeCard("Reader");
        break;
      default:
        world.manager.startService();
        world.manager.addReader({.name = "Reader"});
        world.manager.insertCard("Reader", echoCard());
        break;
    }
    std::this_thread::yield();
  }
  done = true;
  for (auto& program : programs) program.get();
  const vrm::ManagerStatistics left = world.manager.statistics();
  CHECK_EQ(left.calls, 0U);
  CHECK_EQ(left.contexts, 0U);
  CHECK_EQ(left.connections, 0U);
  world.manager.startService();
  world.manager.addReader({.name = "Reader"});
  world.manager.insertCard("Reader", echoCard());
  CHECK(!world.manager.snapshot("Reader").locked);
  CHECK_EQ(world.manager.snapshot("Reader").connections, 0U);
  CHECK(world.connect(world.context()) != 0);
}

}  // namespace
}  // namespace scard::test
