// The virtual resource manager: contexts, reader lists and reader states.
#include "virtual_fixture.h"

namespace scard::test {
namespace {

TEST("lists readers in the order they came, and none as NO_READERS") {
  VirtualWorld world;
  const auto context = world.context();
  CHECK_EQ(world.list(context), std::vector<std::string>{"Reader"});
  world.manager.addReader({.name = "Zweiter Leser Ω"});
  CHECK_EQ(world.list(context), (std::vector<std::string>{"Reader", "Zweiter Leser Ω"}));
  world.manager.removeReader("Reader");
  world.manager.removeReader("Zweiter Leser Ω");
  Dword length = 0;
  CHECK_EQ(world.code(world.api.listReaders(context, nullptr, nullptr, &length)),
           result::kNoReadersAvailable);
}

TEST("two managers in one process do not see each other") {
  VirtualWorld one;
  VirtualWorld other;
  one.manager.addReader({.name = "Only here"});
  CHECK_EQ(other.list(other.context()), std::vector<std::string>{"Reader"});
  const auto context = one.context();
  other.manager.stopService();
  CHECK_EQ(one.list(context).size(), 2U);
}

TEST("refuses readers without a name, with a taken one and the notification entry") {
  VirtualWorld world;
  CHECK(!world.manager.addReader({.name = ""}));
  CHECK(!world.manager.addReader({.name = "Reader"}));
  CHECK(!world.manager.addReader({.name = "\\\\?pnp?\\notification"}));
}

TEST("output buffers: length only, too short, allocated") {
  VirtualWorld world;
  const auto context = world.context();
  Dword length = 2;
  vrm::Char little[2] = {};
  CHECK_EQ(world.code(world.api.listReaders(context, nullptr, little, &length)),
           result::kInsufficientBuffer);
  CHECK_EQ(length, 8U);
  vrm::Char* allocated = nullptr;
  length = vrm::kAutoAllocate;
  CHECK_EQ(world.code(world.api.listReaders(context, nullptr,
                                            reinterpret_cast<vrm::Char*>(&allocated), &length)),
           result::kSuccess);
  REQUIRE(allocated != nullptr);
  CHECK_EQ(vrm::fromMultiString(allocated), std::vector<std::string>{"Reader"});
  CHECK_EQ(world.code(world.api.freeMemory(context, allocated)), result::kSuccess);
  CHECK_EQ(world.code(world.api.freeMemory(context, allocated)), result::kInvalidParameter);
  CHECK_EQ(world.code(world.api.listReaders(context, nullptr, nullptr, nullptr)),
           result::kInvalidParameter);
}

TEST("handles that are not, or no longer, valid are refused") {
  VirtualWorld world;
  const auto context = world.context();
  Dword length = 0;
  CHECK_EQ(world.code(world.api.listReaders(context + 1, nullptr, nullptr, &length)),
           result::kInvalidHandle);
  CHECK_EQ(world.code(world.api.isValidContext(context)), result::kSuccess);
  CHECK_EQ(world.code(world.api.releaseContext(context)), result::kSuccess);
  CHECK_EQ(world.code(world.api.isValidContext(context)), result::kInvalidHandle);
  CHECK_EQ(world.code(world.api.releaseContext(context)), result::kInvalidHandle);
  CHECK_EQ(world.code(world.api.cancel(context)), result::kInvalidHandle);
  abi::ContextHandle none = 0;
  CHECK_EQ(world.code(world.api.establishContext(9, nullptr, nullptr, &none)),
           result::kInvalidValue);
}

TEST("an unaware caller gets the state at once, with the event counter") {
  VirtualWorld world;
  const auto context = world.context();
  Observed empty = world.observe(context, state::kUnaware);
  CHECK_EQ(empty.result, result::kSuccess);
  CHECK_EQ(empty.state, state::kEmpty | state::kChanged);
  world.manager.insertCard("Reader", echoCard());
  Observed present = world.observe(context, state::kUnaware);
  CHECK_EQ(present.state, state::kPresent | state::kChanged | 0x10000U);
  CHECK_EQ(present.atr, kT0T1Atr);
  world.manager.removeCard("Reader");
  CHECK_EQ(world.observe(context, state::kUnaware).state,
           state::kEmpty | state::kChanged | 0x20000U);
}

TEST("a wait ends when a card comes, and the counter tells of one that came and went") {
  VirtualWorld world;
  const auto context = world.context();
  auto wait = inBackground([&] { return world.observe(context, state::kEmpty, abi::kInfinite); });
  REQUIRE(eventually([&] { return world.manager.statistics().waits == 1; }));
  world.manager.insertCard("Reader", echoCard());
  const Observed inserted = wait.get();
  CHECK_EQ(inserted.result, result::kSuccess);
  CHECK_EQ(inserted.bits(), state::kPresent | state::kChanged);
  world.manager.removeCard("Reader");
  world.manager.insertCard("Reader", echoCard());
  CHECK_EQ(world.observe(context, inserted.state & ~state::kChanged).result, result::kSuccess);
}

TEST("no change: SCARD_E_TIMEOUT after the time, with the states filled in") {
  VirtualWorld world;
  const auto context = world.context();
  const auto begun = std::chrono::steady_clock::now();
  const Observed observed = world.observe(context, state::kEmpty, 30);
  CHECK_EQ(observed.result, result::kTimeout);
  CHECK_EQ(observed.bits(), state::kEmpty);
  CHECK(std::chrono::steady_clock::now() - begun >= 30ms);
}

TEST("cancel ends a wait in progress; before one it is lost") {
  VirtualWorld world;
  const auto context = world.context();
  CHECK_EQ(world.code(world.api.cancel(context)), result::kSuccess);
  CHECK_EQ(world.observe(context, state::kEmpty, 10).result, result::kTimeout);
  auto wait = inBackground([&] { return world.observe(context, state::kEmpty, abi::kInfinite); });
  REQUIRE(eventually([&] { return world.manager.statistics().waits == 1; }));
  CHECK_EQ(world.code(world.api.cancel(context)), result::kSuccess);
  CHECK_EQ(wait.get().result, result::kCancelled);
}

TEST("cancel leaves the waits of other contexts alone") {
  VirtualWorld world;
  const auto context = world.context();
  const auto other = world.context();
  auto wait = inBackground([&] { return world.observe(context, state::kEmpty, abi::kInfinite); });
  auto otherWait = inBackground([&] { return world.observe(other, state::kEmpty, 300); });
  REQUIRE(eventually([&] { return world.manager.statistics().waits == 2; }));
  world.api.cancel(context);
  CHECK_EQ(wait.get().result, result::kCancelled);
  CHECK_EQ(otherWait.get().result, result::kTimeout);
}

TEST("the plug and play entry reports readers that come and go") {
  VirtualWorld world;
  const auto context = world.context();
  const auto watch = [&] {
    return world.observe(context, state::kUnaware, abi::kInfinite, vrm::kPnpNotification);
  };
  auto wait = inBackground(watch);
  REQUIRE(eventually([&] { return world.manager.statistics().waits == 1; }));
  world.manager.addReader({.name = "New"});
  CHECK_EQ(wait.get().bits(), state::kChanged);
  wait = inBackground(watch);
  REQUIRE(eventually([&] { return world.manager.statistics().waits == 1; }));
  world.manager.removeReader("New");
  CHECK_EQ(wait.get().bits(), state::kChanged);
}

TEST("unknown readers: pcsclite refuses the list, Windows reports the entry") {
  VirtualWorld pcsclite;
  CHECK_EQ(pcsclite.observe(pcsclite.context(), state::kUnaware, 0, "Nobody").result,
           result::kUnknownReader);
  VirtualWorld windows(vrm::Profile::windows());
  const Observed observed = windows.observe(windows.context(), state::kUnaware, 0, "Nobody");
  CHECK_EQ(observed.result, result::kSuccess);
  CHECK_EQ(observed.bits(), state::kUnknown | state::kChanged | state::kIgnore);
}

TEST("a reader unplugged during a wait becomes unknown") {
  VirtualWorld world;
  const auto context = world.context();
  auto wait = inBackground([&] { return world.observe(context, state::kEmpty, abi::kInfinite); });
  REQUIRE(eventually([&] { return world.manager.statistics().waits == 1; }));
  world.manager.removeReader("Reader");
  const Observed observed = wait.get();
  CHECK_EQ(observed.result, result::kSuccess);
  CHECK_EQ(observed.bits(), state::kUnknown | state::kUnavailable | state::kChanged);
}

TEST("ignored entries are not looked at") {
  VirtualWorld world;
  const auto context = world.context();
  const Observed observed = world.observe(context, state::kIgnore, abi::kInfinite);
  CHECK_EQ(observed.result, result::kSuccess);
}

TEST("in use, exclusive and mute are reported") {
  VirtualWorld world;
  const auto context = world.context();
  world.manager.insertCard("Reader", echoCard());
  const auto card = world.connect(context);
  CHECK_EQ(world.observe(context, state::kUnaware).bits(),
           state::kPresent | state::kInUse | state::kChanged);
  CHECK_EQ(world.reconnect(card, disposition::kLeave, share::kExclusive), result::kSuccess);
  CHECK_EQ(world.observe(context, state::kUnaware).bits(),
           state::kPresent | state::kExclusive | state::kChanged);
  world.api.disconnect(card, disposition::kLeave);
  world.manager.removeCard("Reader");
  world.manager.insertCard("Reader", echoCard({}));
  CHECK_EQ(world.observe(context, state::kUnaware).bits(),
           state::kPresent | state::kMute | state::kChanged);
}

TEST("pcsclite: another call of a context waits for its wait to end; Windows does not") {
  for (const bool windows : {false, true}) {
    VirtualWorld world(windows ? vrm::Profile::windows() : vrm::Profile::pcsclite());
    const auto context = world.context();
    auto wait = inBackground([&] { return world.observe(context, state::kEmpty, abi::kInfinite); });
    REQUIRE(eventually([&] { return world.manager.statistics().waits == 1; }));
    auto other = inBackground([&] { return world.list(context).size(); });
    CHECK_EQ(isBlocked(other), !windows);
    world.api.cancel(context);
    wait.get();
    CHECK_EQ(other.get(), 1U);
  }
}

TEST("a stopped service ends waits, loses contexts and comes back with its readers") {
  VirtualWorld world;
  world.manager.insertCard("Reader", echoCard());
  const auto context = world.context();
  const auto card = world.connect(context);
  const auto waiting = world.context();
  auto wait = inBackground([&] { return world.observe(waiting, state::kPresent, abi::kInfinite); });
  REQUIRE(eventually([&] { return world.manager.statistics().waits == 1; }));
  world.manager.stopService();
  CHECK_EQ(wait.get().result, result::kCommError);
  CHECK_EQ(world.ping(card), result::kNoService);
  abi::ContextHandle none = 0;
  CHECK_EQ(world.code(world.api.establishContext(2, nullptr, nullptr, &none)), result::kNoService);
  world.manager.startService();
  Dword length = 0;
  CHECK_EQ(world.code(world.api.listReaders(context, nullptr, nullptr, &length)),
           result::kNoService);
  world.api.releaseContext(context);
  const auto fresh = world.context();
  CHECK_EQ(world.ping(world.connect(fresh)), result::kSuccess);
}

TEST("destroying the manager ends what still waits") {
  auto world = std::make_unique<VirtualWorld>();
  const auto context = world->context();
  VirtualWorld* const open = world.get();
  auto wait =
      inBackground([=] { return open->observe(context, state::kEmpty, abi::kInfinite).result; });
  REQUIRE(eventually([&] { return open->manager.statistics().waits == 1; }));
  world.reset();
  CHECK_EQ(wait.get(), result::kCommError);
}

}  // namespace
}  // namespace scard::test
