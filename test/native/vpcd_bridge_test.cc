// The bridge to vsmartcard's vpcd driver, which these tests play themselves.
#include "core/virtual/vpcd_bridge.h"

#include <algorithm>

#include "core/virtual/iso_card.h"
#include "tcp_server.h"
#include "virtual_fixture.h"

namespace scard::test {
namespace {

using vrm::Fault;
using vrm::VpcdBridge;
using vrm::VpcdEvent;

const Bytes kCommand{0x00, 0x84, 0x00, 0x00, 0x08};
const Bytes kAnswer{0x00, 0x84, 0x00, 0x00, 0x08, 0x90, 0x00};

/// The driver's end of one connection.
struct Driver : Peer {
  using Peer::Peer;
  explicit Driver(Peer peer) : Peer(std::move(peer)) {}

  void say(const Bytes& message) const {
    // As vpcd does: two writes, and no TCP_NODELAY.
    send({static_cast<std::uint8_t>(message.size() >> 8U),
          static_cast<std::uint8_t>(message.size())});
    send(message);
  }

  Bytes hear() const {
    const Bytes length = receive(2);
    if (length.size() < 2) return {};
    return receive(static_cast<std::size_t>(length[0]) << 8U | length[1]);
  }

  Bytes ask(const Bytes& message) const {
    say(message);
    return hear();
  }
};

/// What a bridge reported, in order.
class Log {
 public:
  VpcdBridge::Listener listener() {
    return [state = state_](const VpcdEvent& event) {
      const std::lock_guard lock(state->mutex);
      state->events.push_back(event);
    };
  }

  std::size_t count(VpcdEvent::Kind kind) const {
    const std::lock_guard lock(state_->mutex);
    return static_cast<std::size_t>(
        std::count_if(state_->events.begin(), state_->events.end(),
                      [kind](const VpcdEvent& event) { return event.kind == kind; }));
  }

  std::string firstFailure() const {
    const std::lock_guard lock(state_->mutex);
    for (const VpcdEvent& event : state_->events) {
      if (event.kind == VpcdEvent::Kind::kFailed) return event.message;
    }
    return {};
  }

  bool endsWithClosed() const {
    const std::lock_guard lock(state_->mutex);
    return !state_->events.empty() && state_->events.back().kind == VpcdEvent::Kind::kClosed;
  }

 private:
  struct State {
    std::mutex mutex;
    std::vector<VpcdEvent> events;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// A bridge from `card` to a server of the test's.
struct Bridged {
  explicit Bridged(std::shared_ptr<vrm::CardDevice> card)
      : bridge(std::move(card), {.port = server.port()}, log.listener()), driver(server.accept()) {}

  /// The bridge ended by itself or was closed, and told so last.
  bool over() { return bridge.waitUntilEnded(20s) && log.endsWithClosed(); }

  TcpServer server;
  Log log;
  VpcdBridge bridge;
  Driver driver;
};

/// A card that writes down what is done to its power.
struct PowerLog {
  std::mutex mutex;
  std::string text;

  void add(const char* what) {
    const std::lock_guard lock(mutex);
    text += what;
  }
  std::string now() {
    const std::lock_guard lock(mutex);
    return text;
  }
};

std::shared_ptr<vrm::CallbackCard> poweredCard(const std::shared_ptr<PowerLog>& log) {
  vrm::CardCallbacks callbacks;
  callbacks.reset = [log](bool warm) { log->add(warm ? "reset " : "on "); };
  callbacks.powerOff = [log] { log->add("off "); };
  callbacks.command = [](const Bytes&, Dword, const std::shared_ptr<vrm::Exchange>& exchange) {
    exchange->respond({0x90, 0x00});
  };
  return std::make_shared<vrm::CallbackCard>(kT0T1Atr, std::move(callbacks));
}

TEST("gives the ATR, power and commands of the driver to the card, in order") {
  auto log = std::make_shared<PowerLog>();
  Bridged world(poweredCard(log));
  CHECK_EQ(world.driver.ask({4}), kT0T1Atr);
  CHECK_EQ(log->now(), "");
  world.driver.say({1});
  CHECK_EQ(world.driver.ask(kCommand), (Bytes{0x90, 0x00}));
  world.driver.say({2});
  world.driver.say({0});
  world.driver.say({0});
  CHECK_EQ(world.driver.ask({4}), kT0T1Atr);
  CHECK_EQ(log->now(), "on reset off ");
}

TEST("ignores what the protocol does not know") {
  Bridged world(echoCard());
  world.driver.say({});
  world.driver.say({3});
  world.driver.say({0xFF});
  CHECK_EQ(world.driver.ask(kCommand), kAnswer);
}

TEST("takes messages that come in pieces, or several at once") {
  Bridged world(echoCard());
  for (const std::uint8_t byte : Bytes{0x00, 0x05, 0x00, 0x84, 0x00, 0x00, 0x08})
    world.driver.send({byte});
  CHECK_EQ(world.driver.hear(), kAnswer);
  world.driver.send({0, 1, 4, 0, 1, 4});
  CHECK_EQ(world.driver.hear(), kT0T1Atr);
  CHECK_EQ(world.driver.hear(), kT0T1Atr);
}

TEST("carries the longest messages both ways, and none that is longer") {
  Bridged world(echoCard());
  const Bytes longest(0xFFFF - 2, 0x5A);
  const Bytes answer = world.driver.ask(longest);
  CHECK_EQ(answer.size(), 0xFFFFU);
  world.driver.say(Bytes(0xFFFE, 0x5A));
  CHECK(world.driver.ended());
  // The card is back on the next connection.
  Driver next(world.server.accept());
  CHECK_EQ(next.ask(kCommand), kAnswer);
}

#if defined(__linux__)
TEST("acknowledges at once what the driver writes in two steps") {
  Bridged world(echoCard());
  std::vector<std::chrono::steady_clock::duration> times;
  for (int i = 0; i < 41; ++i) {
    const auto start = std::chrono::steady_clock::now();
    CHECK_EQ(world.driver.ask(kCommand), kAnswer);
    times.push_back(std::chrono::steady_clock::now() - start);
  }
  // A delayed acknowledgement takes 40 ms, every time.
  std::nth_element(times.begin(), times.begin() + 20, times.end());
  CHECK(times[20] < 30ms);
}
#endif

TEST("connects again when the daemon is back, and powers the card down in between") {
  auto log = std::make_shared<PowerLog>();
  Log events;
  auto server = std::make_unique<TcpServer>();
  const std::uint16_t port = server->port();
  VpcdBridge bridge(poweredCard(log), {.port = port, .longestPause = 50ms}, events.listener());
  {
    const Driver driver(server->accept());
    driver.say({1});
    CHECK_EQ(driver.ask({4}), kT0T1Atr);
    server.reset();
  }
  CHECK(eventually([&] { return events.count(VpcdEvent::Kind::kFailed) == 1; }));
  CHECK(!events.firstFailure().empty());
  CHECK_EQ(log->now(), "on off ");
  server = std::make_unique<TcpServer>(port);
  const Driver driver(server->accept());
  CHECK_EQ(driver.ask({4}), kT0T1Atr);
  CHECK_EQ(events.count(VpcdEvent::Kind::kConnected), 2U);
  CHECK_EQ(events.count(VpcdEvent::Kind::kLost), 1U);
}

TEST("waits for a daemon that is not there yet, and tells the reason once") {
  Log events;
  std::uint16_t port = 0;
  {
    const TcpServer free;
    port = free.port();
  }
  VpcdBridge bridge(echoCard(), {.port = port, .longestPause = 20ms}, events.listener());
  CHECK(eventually([&] { return events.count(VpcdEvent::Kind::kFailed) > 0; }));
  const TcpServer server(port);
  const Driver driver(server.accept());
  CHECK_EQ(driver.ask(kCommand), kAnswer);
  CHECK_EQ(events.count(VpcdEvent::Kind::kFailed), 1U);
}

TEST("is connected once the driver speaks, and not by a connection that somebody else accepts") {
  Bridged world(echoCard());
  std::this_thread::sleep_for(20ms);
  CHECK_EQ(world.log.count(VpcdEvent::Kind::kConnected), 0U);
  CHECK_EQ(world.driver.ask({4}), kT0T1Atr);
  CHECK_EQ(world.log.count(VpcdEvent::Kind::kConnected), 1U);
}

TEST("a connection that ends without a word is a failure, told once, and tried again") {
  Bridged world(echoCard());
  { const Driver silent(std::move(world.driver)); }
  { const Driver silent(world.server.accept()); }
  const Driver driver(world.server.accept());
  CHECK_EQ(world.log.count(VpcdEvent::Kind::kFailed), 1U);
  CHECK_EQ(world.log.count(VpcdEvent::Kind::kConnected), 0U);
  CHECK_EQ(world.log.count(VpcdEvent::Kind::kLost), 0U);
  CHECK_EQ(driver.ask(kCommand), kAnswer);
}

TEST("closes while it waits for a daemon") {
  Log events;
  VpcdBridge bridge(echoCard(), {.port = 1, .longestPause = 60s}, events.listener());
  CHECK(eventually([&] { return events.count(VpcdEvent::Kind::kFailed) > 0; }));
  bridge.close();
  bridge.close();
  CHECK(bridge.waitUntilEnded(20s));
  CHECK(events.endsWithClosed());
}

TEST("closes in the middle of a command, and drops the late answer") {
  SlowCard slow;
  Bridged world(slow.card);
  world.driver.say(kCommand);
  const auto exchange = slow.exchange();
  world.bridge.close();
  CHECK(world.over());
  CHECK(world.driver.ended());
  CHECK(exchange->outcome() == vrm::Exchange::Outcome::kRemoved);
  exchange->respond({0x90, 0x00});
}

TEST("gives a command up when the daemon goes, and serves the next one") {
  SlowCard slow;
  Bridged world(slow.card);
  {
    const Driver driver(std::move(world.driver));
    driver.say(kCommand);
    slow.exchange();
  }
  const Driver next(world.server.accept());
  CHECK_EQ(next.ask({4}), kT0T1Atr);
}

TEST("answers a command later, from another thread") {
  SlowCard slow;
  Bridged world(slow.card);
  world.driver.say(kCommand);
  slow.exchange()->respond({0x61, 0x05});
  CHECK_EQ(world.driver.hear(), (Bytes{0x61, 0x05}));
}

TEST("closes although the driver does not read") {
  Bridged world(echoCard());
  const Bytes large(0xFFF0, 0x11);
  std::thread flood([&] {
    for (int i = 0; i < 400 && !world.log.endsWithClosed(); ++i) world.driver.say(large);
  });
  CHECK(eventually([&] { return world.log.count(VpcdEvent::Kind::kConnected) == 1; }));
  world.bridge.close();
  CHECK(world.over());
  flood.join();
}

TEST("leaves a driver that floods it while the card works") {
  SlowCard slow;
  Bridged world(slow.card);
  world.driver.say(kCommand);
  const auto exchange = slow.exchange();
  const Bytes large(0xFFF0, 0x11);
  for (int i = 0; i < 4; ++i) world.driver.say(large);
  CHECK(world.driver.ended());
  CHECK(exchange->outcome() == vrm::Exchange::Outcome::kRemoved);
}

TEST("drops the connection when the card does not answer, and comes back") {
  vrm::CardCallbacks callbacks;
  callbacks.command = [](const Bytes&, Dword, const std::shared_ptr<vrm::Exchange>& exchange) {
    exchange->mute();
  };
  Bridged world(std::make_shared<vrm::CallbackCard>(kT0T1Atr, std::move(callbacks)));
  world.driver.say(kCommand);
  CHECK(world.driver.ended());
  const Driver next(world.server.accept());
  CHECK_EQ(next.ask({4}), kT0T1Atr);
}

TEST("tells the card its protocol where the ATR leaves no choice") {
  for (const auto& [atr, expected] :
       {std::pair{kT0Atr, Dword{protocol::kT0}}, std::pair{kT0T1Atr, Dword{0}}}) {
    std::atomic<Dword> seen{99};
    vrm::CardCallbacks callbacks;
    callbacks.command = [&](const Bytes&, Dword used,
                            const std::shared_ptr<vrm::Exchange>& exchange) {
      seen = used;
      exchange->respond({0x90, 0x00});
    };
    Bridged world(std::make_shared<vrm::CallbackCard>(atr, std::move(callbacks)));
    world.driver.ask(kCommand);
    CHECK_EQ(seen.load(), expected);
  }
}

TEST("brings about the faults of a card") {
  Bridged world(echoCard());
  CHECK(world.bridge.addFault({.kind = Fault::Kind::kTruncate, .bytes = 3}));
  CHECK(world.bridge.addFault({.kind = Fault::Kind::kOversize, .exchange = 2, .bytes = 9}));
  CHECK(world.bridge.addFault({.kind = Fault::Kind::kMoreData, .exchange = 3}));
  CHECK(world.bridge.addFault({.kind = Fault::Kind::kWrongLength, .exchange = 4}));
  CHECK(world.bridge.addFault({.kind = Fault::Kind::kDelay, .exchange = 5, .delay = 30ms}));
  CHECK_EQ(world.driver.ask(kCommand), (Bytes{0x00, 0x84, 0x00}));
  CHECK_EQ(world.driver.ask(kCommand),
           (Bytes{0x00, 0x84, 0x00, 0x00, 0x08, 0x00, 0x00, 0x90, 0x00}));
  CHECK_EQ(world.driver.ask(kCommand), (Bytes{0x00, 0x84, 0x00, 0x00, 0x08, 0x61, 0x10}));
  CHECK_EQ(world.driver.ask(kCommand), (Bytes{0x6C, 0x00}));
  const auto start = std::chrono::steady_clock::now();
  CHECK_EQ(world.driver.ask(kCommand), kAnswer);
  CHECK(std::chrono::steady_clock::now() - start >= 30ms);
  CHECK(world.bridge.addFault({.kind = Fault::Kind::kMute, .count = 0}));
  world.bridge.clearFaults();
  CHECK_EQ(world.driver.ask(kCommand), kAnswer);
  CHECK(!world.bridge.addFault({.kind = Fault::Kind::kUnplug}));
  CHECK(!world.bridge.addFault({.kind = Fault::Kind::kStopService}));
}

TEST("takes the card out for good when a fault says so") {
  for (const Fault::Kind kind : {Fault::Kind::kRemoveBefore, Fault::Kind::kRemoveDuring}) {
    Bridged world(echoCard());
    world.bridge.addFault({.kind = kind, .bytes = 3});
    world.driver.say(kCommand);
    if (kind == Fault::Kind::kRemoveDuring) {
      CHECK_EQ(world.driver.receive(2), (Bytes{0x00, 0x07}));
      CHECK_EQ(world.driver.receive(7), (Bytes{0x00, 0x84, 0x00}));
    }
    CHECK(world.driver.ended());
    CHECK(world.over());
  }
}

TEST("may be destroyed at any time, while the card works too") {
  SlowCard slow;
  std::shared_ptr<vrm::Exchange> exchange;
  {
    const Bridged world(slow.card);
    world.driver.say(kCommand);
    exchange = slow.exchange();
  }
  CHECK(exchange->wait() == vrm::Exchange::Outcome::kRemoved);
  for (int i = 0; i < 20; ++i) {
    const TcpServer server;
    const VpcdBridge bridge(echoCard(), {.port = server.port()}, [](const VpcdEvent&) {});
  }
}

TEST("takes several bridges in one process") {
  const TcpServer first;
  const TcpServer second;
  const VpcdBridge one(echoCard(), {.port = first.port()}, [](const VpcdEvent&) {});
  const VpcdBridge two(echoCard(kT0Atr), {.port = second.port()}, [](const VpcdEvent&) {});
  CHECK_EQ(Driver(first.accept()).ask({4}), kT0T1Atr);
  CHECK_EQ(Driver(second.accept()).ask({4}), kT0Atr);
}

}  // namespace
}  // namespace scard::test
