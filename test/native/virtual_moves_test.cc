// A card or a reader is taken away while the card works, and is used elsewhere at once: nobody
// reaches one card from two threads, and power goes off before it comes on again.
#include "core/virtual/iso_card.h"
#include "iso_card_fixture.h"
#include "virtual_fixture.h"

namespace scard::test {
namespace {

using vrm::Fault;

constexpr std::size_t kRounds = 60;

/// A card whose commands a test answers, and that notes what it is told in order.
struct WatchedCard {
  std::shared_ptr<std::promise<std::shared_ptr<vrm::Exchange>>> asked =
      std::make_shared<std::promise<std::shared_ptr<vrm::Exchange>>>();
  std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
  std::shared_ptr<std::string> told = std::make_shared<std::string>();
  std::shared_ptr<vrm::CallbackCard> card;

  WatchedCard() {
    const auto note = [mutex = mutex, told = told](const char* what) {
      const std::lock_guard lock(*mutex);
      *told += what;
    };
    vrm::CardCallbacks callbacks;
    callbacks.command = [note, asked = asked](Bytes, Dword,
                                              std::shared_ptr<vrm::Exchange> exchange) {
      note("command ");
      asked->set_value(std::move(exchange));
    };
    callbacks.reset = [note](bool warm) { note(warm ? "reset " : "on "); };
    callbacks.powerOff = [note] { note("off "); };
    card = std::make_shared<vrm::CallbackCard>(kT0T1Atr, std::move(callbacks));
  }

  std::string history() {
    const std::lock_guard lock(*mutex);
    return *told;
  }
};

/// "Reader", in which a card has a command that it does not answer.
struct Working : VirtualWorld {
  Working() {
    manager.addReader({.name = "Next"});
    manager.insertCard("Reader", watched.card);
    card = connect(context(), share::kShared, protocol::kT1);
    sent = inBackground([this] { return transmit(card, {0x00, 0x84, 0x00, 0x00, 0x08}); });
    exchange = watched.asked->get_future().get();
  }

  WatchedCard watched;
  abi::CardHandle card = 0;
  std::future<Sent> sent;
  std::shared_ptr<vrm::Exchange> exchange;
};

TEST("a card that is pulled out of its work is off before it is in the next reader") {
  Working world;
  CHECK(world.manager.removeCard("Reader") != nullptr);
  CHECK_EQ(world.watched.history(), std::string("on command off "));
  CHECK(world.manager.insertCard("Next", world.watched.card));
  CHECK(world.sent.get().response.empty());
  CHECK_EQ(world.watched.history(), std::string("on command off on "));
  CHECK(world.manager.snapshot("Next").powered);
}

TEST("a reader that is pulled out of its card's work has the card off, also when plugged again") {
  Working world;
  CHECK(world.manager.removeReader("Reader"));
  CHECK_EQ(world.watched.history(), std::string("on command off "));
  CHECK(world.manager.addReader({.name = "Reader"}));
  CHECK(world.manager.insertCard("Reader", world.watched.card));
  CHECK_EQ(world.sent.get().result, result::kReaderUnavailable);
  CHECK_EQ(world.watched.history(), std::string("on command off on "));
}

TEST("a fault that takes the card out has it off first, once") {
  for (const Fault::Kind kind : {Fault::Kind::kRemoveBefore, Fault::Kind::kRemoveDuring}) {
    VirtualWorld world;
    WatchedCard watched;
    world.manager.insertCard("Reader", watched.card);
    const auto card = world.connect(world.context(), share::kShared, protocol::kT1);
    world.manager.addFault("Reader", {.kind = kind});
    auto sent = inBackground([&] { return world.ping(card); });
    if (kind == Fault::Kind::kRemoveDuring)
      watched.asked->get_future().get()->respond({0x90, 0x00});
    sent.get();
    const bool during = kind == Fault::Kind::kRemoveDuring;
    CHECK_EQ(watched.history(), std::string(during ? "on command off " : "on off "));
  }
}

TEST("an ejected card is off, once") {
  VirtualWorld world;
  world.manager.addReader({.name = "Ejecting", .ejectsCards = true});
  WatchedCard watched;
  world.manager.insertCard("Ejecting", watched.card);
  const auto card = world.connect(world.context(), share::kShared, protocol::kT1, "Ejecting");
  CHECK_EQ(world.code(world.api.disconnect(card, disposition::kEject)), result::kSuccess);
  CHECK_EQ(watched.history(), std::string("on off "));
  CHECK(!world.manager.snapshot("Ejecting").cardPresent);
}

/// Sends commands to `iso` in `from`, pulls it away by `pull` in the middle of a slow one, and uses
/// it in `to` at once.
template <typename Pull>
void moveWhileWorking(VirtualWorld& world, const std::shared_ptr<vrm::IsoCard>& iso,
                      const std::string& from, const std::string& to, Pull&& pull) {
  world.manager.insertCard(from, iso);
  const auto context = world.context();
  const auto card = world.connect(context, share::kShared, protocol::kT1, from);
  world.manager.addFault(from, {.kind = Fault::Kind::kDelay, .delay = 1h});
  auto sent = inBackground([&] { return world.transmit(card, {0x00, 0x84, 0x00, 0x00, 0x08}); });
  while (!world.manager.snapshot(from).busy) std::this_thread::yield();
  pull();
  CHECK(world.manager.insertCard(to, iso));
  const auto next = world.connect(context, share::kShared, protocol::kT1, to);
  for (int i = 0; i < 10; ++i) CHECK_EQ(world.ping(next), result::kSuccess);
  CHECK(sent.get().response.empty());
  CHECK(world.manager.removeCard(to) == iso);
  world.api.releaseContext(context);
}

TEST("a card goes from reader to reader in the middle of its work, again and again") {
  VirtualWorld world;
  world.manager.addReader({.name = "Next"});
  const auto iso = std::make_shared<vrm::IsoCard>(exampleCard());
  for (std::size_t round = 0; round < kRounds; ++round)
    moveWhileWorking(world, iso, "Reader", "Next", [&] { world.manager.removeCard("Reader"); });
}

TEST("a reader is unplugged in the middle of its card's work and plugged in, again and again") {
  VirtualWorld world;
  const auto iso = std::make_shared<vrm::IsoCard>(exampleCard());
  for (std::size_t round = 0; round < kRounds; ++round) {
    moveWhileWorking(world, iso, "Reader", "Reader", [&] {
      world.manager.removeReader("Reader");
      world.manager.addReader({.name = "Reader"});
    });
  }
}

TEST("two subsystems may hold the same ISO card at a time") {
  VirtualWorld first;
  VirtualWorld second;
  const auto iso = std::make_shared<vrm::IsoCard>(exampleCard());
  const auto use = [&iso](VirtualWorld& world) {
    for (std::size_t round = 0; round < kRounds; ++round) {
      world.manager.insertCard("Reader", iso);
      const auto context = world.context();
      const auto card = world.connect(context, share::kShared, protocol::kT1);
      world.ping(card);
      world.api.releaseContext(context);
      world.manager.removeCard("Reader");
    }
    return true;
  };
  auto other = inBackground([&] { return use(second); });
  CHECK(use(first));
  CHECK(other.get());
}

/// A card that only the thread it was made on can answer.
class BoundCard final : public vrm::CardDevice {
 public:
  Bytes powerOn() override { return kT0T1Atr; }
  Bytes reset() override { return kT0T1Atr; }
  void powerOff() override {}
  Bytes atr() override { return kT0T1Atr; }
  void transmit(Bytes, Dword, std::shared_ptr<vrm::Exchange> exchange) override {
    asked.set_value(std::move(exchange));
  }
  std::thread::id answeringThread() const override { return owner_; }

  std::promise<std::shared_ptr<vrm::Exchange>> asked;

 private:
  const std::thread::id owner_ = std::this_thread::get_id();
};

TEST("the thread that has to answer does not wait for the answer") {
  VirtualWorld world;
  const auto bound = std::make_shared<BoundCard>();
  world.manager.insertCard("Reader", bound);
  const auto first = world.connect(world.context(), share::kShared, protocol::kT1);
  const auto second = world.connect(world.context(), share::kShared, protocol::kT1);
  auto sent = inBackground([&] { return world.ping(first); });
  const auto exchange = bound->asked.get_future().get();
  CHECK_EQ(world.ping(second), result::kSharingViolation);
  // Another thread waits for its turn.
  auto waiting = inBackground([&] { return world.reconnect(second, disposition::kReset); });
  CHECK(isBlocked(waiting));
  exchange->respond({0x90, 0x00});
  CHECK_EQ(sent.get(), result::kSuccess);
  CHECK_EQ(waiting.get(), result::kSuccess);
}

TEST("who plays another process does not wait for the lock that it holds there") {
  VirtualWorld world;
  world.manager.insertCard("Reader", echoCard());
  const auto context = world.context();
  const auto card = world.connect(context, share::kShared, protocol::kT1);
  const auto foreign = world.manager.connectForeign("Reader", /*exclusive=*/false);
  CHECK(world.manager.lockForeign(foreign) == vrm::ForeignOutcome::kDone);
  CHECK_EQ(world.ping(card), result::kSharingViolation);
  CHECK_EQ(world.code(world.api.beginTransaction(card)), result::kSharingViolation);
  auto waiting = inBackground([&] { return world.ping(card); });
  CHECK(isBlocked(waiting));
  CHECK(world.manager.unlockForeign(foreign, disposition::kLeave) == vrm::ForeignOutcome::kDone);
  CHECK_EQ(waiting.get(), result::kSuccess);
  CHECK_EQ(world.ping(card), result::kSuccess);
}

}  // namespace
}  // namespace scard::test
