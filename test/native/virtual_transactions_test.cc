// The virtual resource manager: transactions, resets and who is told of them.
#include "virtual_fixture.h"

namespace scard::test {
namespace {

using Outcome = vrm::ForeignOutcome;

TEST("a transaction makes others wait, and refuses what cannot wait") {
  Inserted world;
  const auto card = world.connect(world.context());
  const auto other = world.connect(world.context());
  CHECK_EQ(world.code(world.api.beginTransaction(card)), result::kSuccess);
  auto transmit = inBackground([&] { return world.ping(other); });
  CHECK(isBlocked(transmit));
  Dword length = 0;
  CHECK_EQ(world.code(world.api.getAttrib(other, 0x00090303, nullptr, &length)),
           result::kSharingViolation);
  CHECK_EQ(world.code(world.api.endTransaction(other, disposition::kLeave)),
           result::kSharingViolation);
  CHECK_EQ(world.ping(card), result::kSuccess);
  CHECK_EQ(world.code(world.api.endTransaction(card, disposition::kLeave)), result::kSuccess);
  CHECK_EQ(transmit.get(), result::kSuccess);
}

TEST("begin and connect wait for the transaction's end; transactions nest on one connection") {
  Inserted world;
  const auto card = world.connect(world.context());
  const auto other = world.connect(world.context());
  const auto third = world.context();
  world.api.beginTransaction(card);
  world.api.beginTransaction(card);
  auto begin = inBackground([&] { return world.code(world.api.beginTransaction(other)); });
  auto connect = inBackground([&] {
    abi::CardHandle handle = 0;
    Dword active = 0;
    const vrm::Chars name = vrm::toChars("Reader");
    return world.code(
        world.api.connect(third, name.c_str(), share::kShared, kBoth, &handle, &active));
  });
  CHECK(isBlocked(begin));
  CHECK(isBlocked(connect));
  world.api.endTransaction(card, disposition::kLeave);
  CHECK(isBlocked(begin));
  world.api.endTransaction(card, disposition::kLeave);
  CHECK_EQ(begin.get(), result::kSuccess);
  world.api.endTransaction(other, disposition::kLeave);
  CHECK_EQ(connect.get(), result::kSuccess);
}

TEST("disconnect and release end a transaction; only a broken-off one resets the card") {
  Inserted world;
  const auto other = world.connect(world.context());
  const auto context = world.context();
  auto card = world.connect(context);
  world.api.beginTransaction(card);
  world.api.disconnect(card, disposition::kLeave);
  CHECK_EQ(world.ping(other), result::kSuccess);
  world.connect(context);
  world.api.releaseContext(context);
  CHECK_EQ(world.ping(other), result::kSuccess);
  const auto broken = world.context();
  card = world.connect(broken);
  world.api.beginTransaction(card);
  world.api.releaseContext(broken);
  CHECK_EQ(world.ping(other), result::kResetCard);
  CHECK_EQ(world.manager.statistics().connections, 1U);
}

TEST("a reset is told to the others until each has reconnected") {
  Inserted world;
  const auto card = world.connect(world.context());
  const auto other = world.connect(world.context());
  CHECK_EQ(world.reconnect(card, disposition::kReset), result::kSuccess);
  CHECK_EQ(world.ping(card), result::kSuccess);
  CHECK_EQ(world.ping(other), result::kResetCard);
  CHECK_EQ(world.status(other), result::kResetCard);
  CHECK_EQ(world.code(world.api.beginTransaction(other)), result::kResetCard);
  CHECK_EQ(world.reconnect(other), result::kSuccess);
  CHECK_EQ(world.ping(other), result::kSuccess);
}

TEST("EndTransaction with reset: pcsclite tells the caller itself, Windows does not") {
  for (const bool windows : {false, true}) {
    Inserted world(windows ? vrm::Profile::windows() : vrm::Profile::pcsclite());
    const auto card = world.connect(world.context(), share::kShared, protocol::kT1);
    const auto other = world.connect(world.context(), share::kShared, protocol::kT1);
    world.api.beginTransaction(card);
    CHECK_EQ(world.code(world.api.endTransaction(card, disposition::kReset)), result::kSuccess);
    CHECK_EQ(world.status(card), windows ? result::kSuccess : result::kResetCard);
    CHECK_EQ(world.status(other), result::kResetCard);
  }
}

TEST("a transaction survives reconnect in pcsclite, not in Windows") {
  for (const bool windows : {false, true}) {
    Inserted world(windows ? vrm::Profile::windows() : vrm::Profile::pcsclite());
    const auto card = world.connect(world.context());
    world.api.beginTransaction(card);
    world.reconnect(card);
    CHECK_EQ(world.manager.snapshot("Reader").locked, !windows);
  }
}

TEST("Windows: an idle transaction is ended and its card reset") {
  vrm::Profile profile = vrm::Profile::windows();
  profile.idleTransactionMs = 50;
  Inserted world(profile);
  const auto card = world.connect(world.context(), share::kShared, protocol::kT1);
  const auto other = world.connect(world.context(), share::kShared, protocol::kT1);
  world.api.beginTransaction(card);
  // Only the holder's idleness lets this one in.
  CHECK_EQ(world.code(world.api.beginTransaction(other)), result::kResetCard);
  CHECK_EQ(world.ping(card), result::kResetCard);
}

TEST("another process's exclusive connection and held transaction") {
  Inserted world;
  const auto context = world.context();
  const auto foreign = world.manager.connectForeign("Reader", /*exclusive=*/true);
  REQUIRE(foreign != 0);
  world.connect(context);
  CHECK_EQ(world.lastResult, result::kSharingViolation);
  CHECK_EQ(world.observe(context, state::kUnaware).bits(),
           state::kPresent | state::kExclusive | state::kChanged);
  CHECK(world.manager.disconnectForeign(foreign, disposition::kLeave) == Outcome::kDone);
  const auto card = world.connect(context);
  const auto holder = world.manager.connectForeign("Reader", /*exclusive=*/false);
  CHECK(world.manager.lockForeign(holder) == Outcome::kDone);
  auto begin = inBackground([&] { return world.code(world.api.beginTransaction(card)); });
  CHECK(isBlocked(begin));
  CHECK(world.manager.unlockForeign(holder, disposition::kLeave) == Outcome::kDone);
  CHECK_EQ(begin.get(), result::kSuccess);
  CHECK(world.manager.lockForeign(holder) == Outcome::kLocked);
}

TEST("another process does not reset the card inside somebody else's transaction") {
  Inserted world;
  const auto card = world.connect(world.context());
  const auto foreign = world.manager.connectForeign("Reader", /*exclusive=*/false);
  CHECK_EQ(world.code(world.api.beginTransaction(card)), result::kSuccess);
  for (const Dword power : {disposition::kReset, disposition::kUnpower})
    CHECK(world.manager.disconnectForeign(foreign, power) == Outcome::kLocked);
  CHECK(world.manager.unlockForeign(foreign, disposition::kReset) == Outcome::kNotLocked);
  CHECK_EQ(world.ping(card), result::kSuccess);
  CHECK_EQ(world.code(world.api.endTransaction(card, disposition::kLeave)), result::kSuccess);
  CHECK(world.manager.disconnectForeign(foreign, disposition::kReset) == Outcome::kDone);
  CHECK_EQ(world.ping(card), result::kResetCard);
  CHECK(world.manager.disconnectForeign(foreign, disposition::kLeave) == Outcome::kGone);
}

}  // namespace
}  // namespace scard::test
