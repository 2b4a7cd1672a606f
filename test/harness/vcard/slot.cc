#include "slot.h"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace vcard {
namespace {

constexpr std::chrono::milliseconds kReconnect{20};

// vpcd's one-byte messages.
constexpr std::uint8_t kPowerOff = 0;
constexpr std::uint8_t kPowerOn = 1;
constexpr std::uint8_t kReset = 2;
constexpr std::uint8_t kGetAtr = 4;

void waitFor(const Waker& waker, std::chrono::milliseconds patience) {
  pollfd watched{waker.descriptor(), POLLIN, 0};
  poll(&watched, 1, static_cast<int>(patience.count()));
  waker.drain();
}

std::string commandEvent(const Bytes& apdu) {
  static const char* const kHex = "0123456789ABCDEF";
  const std::uint8_t ins = apdu.size() > 1 ? apdu[1] : 0;
  return std::string("command ") + kHex[ins >> 4] + kHex[ins & 15];
}

}  // namespace

Slot::Slot(std::uint16_t port, Listener listener)
    : port_(port), listener_(std::move(listener)), thread_([this] { run(); }) {}

Slot::~Slot() {
  ending_ = true;
  remove();
  thread_.join();
}

void Slot::insert(Bytes atr) {
  const std::uint64_t insertion = ++insertions_;
  change([&](Wanted& wanted) { wanted = Wanted{insertion, std::move(atr), {}, false}; });
}

void Slot::remove() {
  change([](Wanted& wanted) { wanted = Wanted{}; });
}

void Slot::breakNext(Fault fault) {
  change([&](Wanted& wanted) {
    wanted.fault = fault;
    wanted.resumed = false;
  });
}

void Slot::resume() {
  change([](Wanted& wanted) { wanted.resumed = true; });
}

void Slot::change(const std::function<void(Wanted&)>& edit) {
  {
    const std::lock_guard lock(mutex_);
    edit(wanted_);
  }
  waker_.wake();
}

Slot::Wanted Slot::wanted() {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

void Slot::run() {
  while (!ending_) {
    const std::uint64_t insertion = wanted().insertion;
    if (insertion == 0) {
      waitFor(waker_, kForever);
    } else {
      stayIn(insertion);
    }
  }
}

/// The daemon may restart while a card is in: the same card then connects to the new one.
void Slot::stayIn(std::uint64_t insertion) {
  Card card;
  while (wanted().insertion == insertion) {
    auto connection = Connection::open(port_);
    if (!connection) {
      waitFor(waker_, kReconnect);
      continue;
    }
    listener_("connected");
    const bool died = !serve(*connection, card, insertion);
    listener_("lost");
    if (!died) continue;
    change([&](Wanted& wanted) {
      if (wanted.insertion == insertion) wanted = Wanted{};
    });
  }
}

/// False when the card died of a fault.
bool Slot::serve(Connection& connection, Card& card, std::uint64_t insertion) {
  while (wanted().insertion == insertion) {
    switch (connection.await(waker_, kForever)) {
      case Woken::kMessage: {
        const auto message = connection.receive();
        if (!message) return true;
        if (message->size() == 1) {
          perform(connection, card, *message);
        } else if (!exchange(connection, card, *message, insertion)) {
          return false;
        }
        break;
      }
      case Woken::kClosed:
        return true;
      case Woken::kWaker:
        waker_.drain();
        break;
      case Woken::kTimeout:
        break;
    }
  }
  return true;
}

void Slot::perform(Connection& connection, Card& card, const Bytes& message) {
  switch (message[0]) {
    case kPowerOff:
      listener_("off");
      break;
    case kPowerOn:
      card.powerUp();
      listener_("on");
      break;
    case kReset:
      card.reset();
      listener_("reset");
      break;
    case kGetAtr: {
      const Bytes atr = wanted().atr;
      connection.send(atr, atr.size());
      break;
    }
    default:
      break;
  }
}

/// False when the card died of a fault.
bool Slot::exchange(Connection& connection, Card& card, const Bytes& apdu,
                    std::uint64_t insertion) {
  Fault fault;
  change([&](Wanted& wanted) {
    if (wanted.insertion == insertion) fault = std::exchange(wanted.fault, {});
  });
  // The answer is made before the command is reported, so that whoever waits for the report finds
  // the command executed.
  Answer answer = card.answer(apdu);
  listener_(commandEvent(apdu));
  if (fault.kind == Fault::Kind::kMute && staysMute(connection, insertion)) return true;
  if (!work(connection, answer.delay, insertion)) return true;
  Bytes& response = answer.response;
  // vpcd announces lengths in two bytes.
  if (response.size() > 0xFFFF) response = {0x6F, 0x00};
  const std::size_t length = response.size();
  switch (fault.kind) {
    case Fault::Kind::kDie:
      return false;
    case Fault::Kind::kDieWithin:
      response.resize(std::min(fault.bytes, length));
      connection.send(response, length);
      return false;
    case Fault::Kind::kTruncate:
      response.resize(std::min(fault.bytes, length));
      break;
    case Fault::Kind::kNone:
    case Fault::Kind::kMute:
      break;
  }
  connection.send(response, response.size());
  return true;
}

/// False when the card was taken out, or the daemon went, before the work was done.
bool Slot::work(Connection& connection, std::chrono::milliseconds delay, std::uint64_t insertion) {
  const auto done = std::chrono::steady_clock::now() + delay;
  for (;;) {
    if (wanted().insertion != insertion) return false;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(done - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    const Woken woken = connection.await(waker_, left);
    if (woken == Woken::kClosed) return false;
    if (woken == Woken::kWaker) waker_.drain();
  }
}

/// False when it was told to answer after all.
bool Slot::staysMute(Connection& connection, std::uint64_t insertion) {
  for (;;) {
    const Wanted now = wanted();
    if (now.insertion != insertion) return true;
    if (now.resumed) return false;
    const Woken woken = connection.await(waker_, kForever);
    if (woken == Woken::kClosed) return true;
    if (woken == Woken::kWaker) waker_.drain();
  }
}

}  // namespace vcard
