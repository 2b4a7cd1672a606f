// The virtual resource manager: sharing, protocols, power, removal and exchanges.
#include "virtual_fixture.h"

namespace scard::test {
namespace {

const Bytes kCommand{0x00, 0xA4, 0x04, 0x00, 0x00};

TEST("an APDU goes to the card and its answer comes back whole") {
  Inserted world;
  const auto card = world.connect(world.context());
  CHECK_EQ(world.activeProtocol, protocol::kT1);
  const Sent sent = world.transmit(card, kCommand);
  CHECK_EQ(sent.result, result::kSuccess);
  CHECK_EQ(sent.response, (Bytes{0x00, 0xA4, 0x04, 0x00, 0x00, 0x90, 0x00}));
}

TEST("a response of 65538 bytes fits, one byte more is refused") {
  VirtualWorld world;
  vrm::CardCallbacks callbacks;
  std::size_t size = 65538;
  callbacks.command = [&](Bytes, Dword, std::shared_ptr<vrm::Exchange> exchange) {
    exchange->respond(Bytes(size, 0x5A));
  };
  world.manager.insertCard("Reader", std::make_shared<vrm::CallbackCard>(kT0T1Atr, callbacks));
  const auto card = world.connect(world.context());
  CHECK_EQ(world.transmit(card, kCommand).response, Bytes(65538, 0x5A));
  size = 65539;
  CHECK_EQ(world.transmit(card, kCommand).result, result::kInsufficientBuffer);
}

TEST("connect: empty reader, unknown reader, impossible arguments") {
  VirtualWorld world;
  const auto context = world.context();
  world.connect(context);
  CHECK_EQ(world.lastResult, result::kNoSmartcard);
  world.connect(context, share::kShared, kBoth, "Nobody");
  CHECK_EQ(world.lastResult, result::kUnknownReader);
  world.connect(context, share::kShared, 0);
  CHECK_EQ(world.lastResult, result::kProtoMismatch);
  world.connect(context, 9, kBoth);
  CHECK_EQ(world.lastResult, result::kInvalidValue);
  world.connect(context, share::kDirect, 0);
  CHECK_EQ(world.lastResult, result::kSuccess);
}

TEST("a mute card cannot be connected to, its reader can") {
  VirtualWorld world;
  world.manager.insertCard("Reader", echoCard({}));
  const auto context = world.context();
  world.connect(context);
  CHECK_EQ(world.lastResult, result::kUnpoweredCard);
  CHECK(world.connect(context, share::kDirect, 0) != 0);
}

TEST("protocols come from the ATR and the request") {
  struct Case {
    Bytes atr;
    Dword wanted;
    std::uint32_t expected;
    Dword active;
  };
  const std::vector<Case> cases = {
      {{0x3B, 0x00}, kBoth, result::kSuccess, protocol::kT0},
      {{0x3B, 0x00}, protocol::kT1, result::kProtoMismatch, 0},
      {{0x3B, 0x80, 0x01, 0x81}, kBoth, result::kSuccess, protocol::kT1},
      {{0x3B, 0x80, 0x01, 0x81}, protocol::kT0, result::kProtoMismatch, 0},
      {kT0T1Atr, kBoth, result::kSuccess, protocol::kT1},
      {kT0T1Atr, protocol::kT0, result::kSuccess, protocol::kT0},
      {kT0T1Atr, protocol::kRawPcsclite, result::kSuccess, protocol::kRawPcsclite},
      // TA2: specific mode fixes T=0 although T=1 is offered.
      {{0x3B, 0x80, 0x90, 0x00, 0x01, 0x11}, kBoth, result::kSuccess, protocol::kT0},
  };
  for (const Case& each : cases) {
    VirtualWorld world;
    world.manager.insertCard("Reader", echoCard(each.atr));
    world.connect(world.context(), share::kShared, each.wanted);
    CHECK_EQ(world.lastResult, each.expected);
    if (each.active != 0) CHECK_EQ(world.activeProtocol, each.active);
  }
}

TEST("the first protocol sticks until the card is reset") {
  Inserted world;
  const auto context = world.context();
  auto card = world.connect(context, share::kShared, protocol::kT0);
  world.api.disconnect(card, disposition::kLeave);
  world.connect(context, share::kShared, protocol::kT1);
  CHECK_EQ(world.lastResult, result::kProtoMismatch);
  card = world.connect(context);
  CHECK_EQ(world.activeProtocol, protocol::kT0);
  CHECK_EQ(world.ping(card, protocol::kT1), result::kProtoMismatch);
  world.api.disconnect(card, disposition::kReset);
  world.connect(context, share::kShared, protocol::kT1);
  CHECK_EQ(world.lastResult, result::kSuccess);
}

TEST("exclusive use shuts others out, and is refused beside others") {
  Inserted world;
  const auto context = world.context();
  const auto other = world.context();
  const auto card = world.connect(context, share::kExclusive);
  CHECK(card != 0);
  world.connect(other);
  CHECK_EQ(world.lastResult, result::kSharingViolation);
  world.connect(other, share::kDirect, 0);
  CHECK_EQ(world.lastResult, result::kSharingViolation);
  world.api.disconnect(card, disposition::kLeave);
  CHECK(world.connect(other) != 0);
  world.connect(context, share::kExclusive);
  CHECK_EQ(world.lastResult, result::kSharingViolation);
}

TEST("DIRECT is shared in pcsclite and exclusive in Windows") {
  Inserted pcsclite;
  CHECK(pcsclite.connect(pcsclite.context(), share::kDirect, 0) != 0);
  CHECK(pcsclite.connect(pcsclite.context()) != 0);
  Inserted windows(vrm::Profile::windows());
  CHECK(windows.connect(windows.context(), share::kDirect, 0) != 0);
  windows.connect(windows.context());
  CHECK_EQ(windows.lastResult, result::kSharingViolation);
}

TEST("UNPOWER: the card is off until someone connects") {
  Inserted world;
  const auto context = world.context();
  const auto other = world.connect(context);
  auto card = world.connect(context);
  world.api.disconnect(card, disposition::kUnpower);
  CHECK(!world.manager.snapshot("Reader").powered);
  CHECK_EQ(world.ping(other), result::kResetCard);
  card = world.connect(context);
  CHECK(world.manager.snapshot("Reader").powered);
  Inserted windows(vrm::Profile::windows());
  const auto told = windows.connect(windows.context());
  windows.api.disconnect(windows.connect(windows.context()), disposition::kUnpower);
  CHECK_EQ(windows.ping(told), result::kUnpoweredCard);
}

TEST("the card is told of every power cycle") {
  VirtualWorld world;
  std::vector<std::string> log;
  vrm::CardCallbacks callbacks;
  callbacks.reset = [&](bool warm) { log.emplace_back(warm ? "reset" : "on"); };
  callbacks.powerOff = [&] { log.emplace_back("off"); };
  world.manager.insertCard("Reader", std::make_shared<vrm::CallbackCard>(kT0T1Atr, callbacks));
  const auto context = world.context();
  auto card = world.connect(context);
  world.reconnect(card, disposition::kReset);
  world.reconnect(card, disposition::kUnpower);
  world.api.disconnect(card, disposition::kUnpower);
  world.manager.removeCard("Reader");
  CHECK_EQ(log, (std::vector<std::string>{"on", "reset", "off", "on", "off", "off"}));
}

TEST("EJECT takes the card out where the reader can") {
  VirtualWorld world;
  world.manager.addReader({.name = "Ejector", .ejectsCards = true});
  world.manager.insertCard("Ejector", echoCard());
  const auto context = world.context();
  world.api.disconnect(world.connect(context, share::kShared, kBoth, "Ejector"),
                       disposition::kEject);
  CHECK(!world.manager.snapshot("Ejector").cardPresent);
  world.manager.insertCard("Ejector", echoCard());
  const auto locked = world.connect(context, share::kShared, kBoth, "Ejector");
  world.api.beginTransaction(locked);
  CHECK_EQ(world.code(world.api.endTransaction(locked, disposition::kEject)), result::kSuccess);
  CHECK(!world.manager.snapshot("Ejector").cardPresent);
  CHECK(!world.manager.snapshot("Ejector").locked);
  world.manager.insertCard("Reader", echoCard());
  const auto card = world.connect(context);
  world.api.beginTransaction(card);
  CHECK_EQ(world.code(world.api.endTransaction(card, disposition::kEject)),
           result::kUnsupportedFeaturePcsclite);
  CHECK(!world.manager.snapshot("Reader").locked);
}

TEST("a removed card is REMOVED_CARD; back in, each profile has its word") {
  for (const bool windows : {false, true}) {
    Inserted world(windows ? vrm::Profile::windows() : vrm::Profile::pcsclite());
    const auto card = world.connect(world.context(), share::kShared, protocol::kT1);
    world.api.beginTransaction(card);
    world.manager.removeCard("Reader");
    CHECK(!world.manager.snapshot("Reader").locked);
    CHECK_EQ(world.ping(card), result::kRemovedCard);
    CHECK_EQ(world.reconnect(card), result::kNoSmartcard);
    world.manager.insertCard("Reader", echoCard());
    CHECK_EQ(world.ping(card), windows ? result::kRemovedCard : result::kResetCard);
    CHECK_EQ(world.reconnect(card, disposition::kLeave, share::kShared, protocol::kT1),
             result::kSuccess);
    CHECK_EQ(world.ping(card), result::kSuccess);
  }
}

TEST("a connection that lost its card hears nothing of a reset of the next one") {
  for (const bool windows : {false, true}) {
    Inserted world(windows ? vrm::Profile::windows() : vrm::Profile::pcsclite());
    const auto context = world.context();
    const auto card = world.connect(context, share::kShared, protocol::kT1);
    world.manager.removeCard("Reader");
    world.manager.insertCard("Reader", echoCard());
    const auto other = world.connect(world.context(), share::kShared, protocol::kT1);
    CHECK_EQ(world.reconnect(other, disposition::kReset, share::kShared, protocol::kT1),
             result::kSuccess);
    CHECK_EQ(world.ping(card), windows ? result::kRemovedCard : result::kResetCard);
  }
}

TEST("an unplugged reader: each profile has its word, and disconnect still works") {
  for (const bool windows : {false, true}) {
    Inserted world(windows ? vrm::Profile::windows() : vrm::Profile::pcsclite());
    const auto card = world.connect(world.context());
    world.manager.removeReader("Reader");
    CHECK_EQ(world.ping(card), windows ? result::kServiceStopped : result::kReaderUnavailable);
    CHECK_EQ(world.code(world.api.disconnect(card, disposition::kReset)), result::kSuccess);
  }
}

TEST("status: a bit mask in pcsclite, one value in Windows") {
  Inserted pcsclite;
  Dword cardState = 0;
  pcsclite.status(pcsclite.connect(pcsclite.context()), &cardState);
  CHECK_EQ(cardState, 0x10034U);
  Inserted windows(vrm::Profile::windows());
  windows.status(windows.connect(windows.context()), &cardState);
  CHECK_EQ(cardState, 6U);
}

TEST("a card may take its time, and another reader's card does not wait for it") {
  VirtualWorld world;
  world.manager.addReader({.name = "Other"});
  SlowCard slow;
  world.manager.insertCard("Reader", slow.card);
  world.manager.insertCard("Other", echoCard());
  const auto card = world.connect(world.context());
  const auto other = world.connect(world.context(), share::kShared, kBoth, "Other");
  auto transmit = inBackground([&] { return world.transmit(card, kCommand); });
  const auto exchange = slow.exchange();
  CHECK_EQ(world.ping(other), result::kSuccess);
  exchange->respond({0x90, 0x00});
  exchange->respond({0x6F, 0x00});
  CHECK_EQ(transmit.get().response, (Bytes{0x90, 0x00}));
}

TEST("removal, unplugging and a stop end an exchange that is never answered") {
  const std::vector<std::function<void(vrm::ResourceManager&)>> ends = {
      [](vrm::ResourceManager& manager) { manager.removeCard("Reader"); },
      [](vrm::ResourceManager& manager) { manager.removeReader("Reader"); },
      [](vrm::ResourceManager& manager) { manager.stopService(); },
  };
  const std::vector<std::uint32_t> expected = {result::kSuccess, result::kReaderUnavailable,
                                               result::kCommError};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    VirtualWorld world;
    SlowCard slow;
    world.manager.insertCard("Reader", slow.card);
    const auto card = world.connect(world.context());
    auto transmit = inBackground([&] { return world.transmit(card, kCommand); });
    const auto exchange = slow.exchange();
    ends[i](world.manager);
    const Sent sent = transmit.get();
    CHECK_EQ(sent.result, expected[i]);
    CHECK(sent.response.empty());
    exchange->respond({0x90, 0x00});
  }
}

TEST("sixteen connections at once, each answered in parallel") {
  VirtualWorld world;
  std::vector<std::future<bool>> workers;
  for (int i = 0; i < 16; ++i) {
    const std::string name = "Reader " + std::to_string(i);
    world.manager.addReader({.name = name});
    world.manager.insertCard(name, echoCard());
  }
  for (int i = 0; i < 16; ++i) {
    workers.push_back(inBackground([&world, i] {
      abi::ContextHandle context = 0;
      world.api.establishContext(2, nullptr, nullptr, &context);
      const vrm::Chars name = vrm::toChars("Reader " + std::to_string(i));
      abi::CardHandle card = 0;
      Dword active = 0;
      world.api.connect(context, name.c_str(), share::kShared, kBoth, &card, &active);
      bool good = true;
      for (int round = 0; round < 50; ++round) {
        world.api.beginTransaction(card);
        good = good && world.transmit(card, kCommand).response.size() == 7;
        world.api.endTransaction(card, disposition::kLeave);
      }
      world.api.releaseContext(context);
      return good;
    }));
  }
  for (auto& worker : workers) CHECK(worker.get());
  CHECK_EQ(world.manager.statistics().connections, 0U);
}

}  // namespace
}  // namespace scard::test
