#include "core/virtual/vpcd_bridge.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "core/virtual/atr.h"
#include "core/virtual/vpcd_wire.h"

namespace scard::virtualrm {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{20};
constexpr milliseconds kConnectPatience{5000};

// vpcd's messages of one byte; a command has at least two.
constexpr std::uint8_t kPowerOff = 0;
constexpr std::uint8_t kPowerOn = 1;
constexpr std::uint8_t kReset = 2;
constexpr std::uint8_t kGetAtr = 4;

bool isKind(const std::optional<Fault>& fault, Fault::Kind kind) {
  return fault && fault->kind == kind;
}

/// vpcd does not say which protocol was chosen: it is known only where the card offers but one.
Dword protocolOf(CardDevice& card) {
  const Bytes atr = card.atr();
  const Dword offered = protocolsOf(atr).offered;
  return (offered & (offered - 1)) == 0 ? offered : 0;
}

}  // namespace

/// What the bridge's thread works on, and keeps for as long as it runs.
class VpcdBridge::Line : public std::enable_shared_from_this<Line> {
 public:
  Line(std::shared_ptr<CardDevice> card, VpcdOptions options, Listener listener)
      : card_(std::move(card)), options_(std::move(options)), listener_(std::move(listener)) {}

  void run();
  void end() noexcept;
  void plan(Fault fault);
  void forgetFaults();

 private:
  bool stayIn();
  void pause();
  bool serve(VpcdWire& wire);
  void fail(const std::string& reason);
  bool perform(VpcdWire& wire, std::uint8_t order);
  bool exchange(VpcdWire& wire, Bytes command);
  bool answer(VpcdWire& wire, const std::optional<Fault>& fault, Bytes response);
  bool settles(VpcdWire& wire, Exchange& exchange);
  bool delays(VpcdWire& wire, const std::optional<Fault>& fault);
  std::optional<Fault> nextFault();
  void powerDown();

  const std::shared_ptr<CardDevice> card_;
  const VpcdOptions options_;
  const Listener listener_;
  platform::Waker waker_;
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  FaultPlan faults_;
  // The thread's own.
  milliseconds pause_{kFirstPause};
  std::string lastFailure_;
  bool powered_ = false;
};

void VpcdBridge::Line::run() {
  while (!ending_ && stayIn()) pause();
  listener_({VpcdEvent::Kind::kClosed});
}

void VpcdBridge::Line::end() noexcept {
  ending_ = true;
  waker_.wake();
}

void VpcdBridge::Line::plan(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.add(fault);
}

void VpcdBridge::Line::forgetFaults() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

std::optional<Fault> VpcdBridge::Line::nextFault() {
  const std::lock_guard lock(mutex_);
  return faults_.next();
}

/// One connection, or none. False when the bridge is to end.
bool VpcdBridge::Line::stayIn() {
  std::string failure;
  auto socket =
      platform::Socket::connect(options_.host, options_.port, waker_, kConnectPatience, failure);
  if (socket == nullptr) {
    if (ending_) return false;
    fail(failure);
    return true;
  }
  bool spoken = false;
  {
    VpcdWire wire(std::move(socket), waker_, ending_);
    spoken = serve(wire);
  }
  powerDown();
  if (spoken) {
    listener_({VpcdEvent::Kind::kLost});
  } else if (!ending_) {
    fail("the connection was closed without a word: another card may be in this reader");
  }
  return !ending_;
}

/// Tells why there is no connection, unless that has been told.
void VpcdBridge::Line::fail(const std::string& reason) {
  if (reason != lastFailure_) listener_({VpcdEvent::Kind::kFailed, reason});
  lastFailure_ = reason;
}

void VpcdBridge::Line::pause() {
  const auto until = VpcdWire::Clock::now() + pause_;
  pause_ = std::min(2 * pause_, std::max(options_.longestPause, kFirstPause));
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - VpcdWire::Clock::now());
    if (ending_ || left.count() <= 0) return;
    if (waker_.waitFor(left)) waker_.clear();
  }
}

/// Serves the driver until the connection ends. False when it said nothing: the system accepts
/// connections for a driver that serves another card, or for whoever else has the port.
bool VpcdBridge::Line::serve(VpcdWire& wire) {
  bool spoken = false;
  while (!ending_) {
    auto message = wire.nextMessage();
    if (!message) break;
    if (!std::exchange(spoken, true)) {
      lastFailure_.clear();
      listener_({VpcdEvent::Kind::kConnected});
    }
    // It speaks: the next connection, should this one end, is worth trying at once.
    pause_ = kFirstPause;
    if (message->empty()) continue;
    const bool stays = message->size() == 1 ? perform(wire, message->front())
                                            : exchange(wire, std::move(*message));
    if (!stays) break;
  }
  return spoken;
}

/// False when the connection is to end.
bool VpcdBridge::Line::perform(VpcdWire& wire, std::uint8_t order) {
  switch (order) {
    case kPowerOff:
      powerDown();
      return true;
    case kPowerOn:
      powered_ = true;
      card_->powerOn();
      return true;
    case kReset:
      powered_ = true;
      card_->reset();
      return true;
    case kGetAtr: {
      const Bytes atr = card_->atr();
      return wire.send(atr, atr.size());
    }
    default:
      return true;
  }
}

void VpcdBridge::Line::powerDown() {
  if (std::exchange(powered_, false)) card_->powerOff();
}

/// One command and its answer. False when the connection is to end.
bool VpcdBridge::Line::exchange(VpcdWire& wire, Bytes command) {
  const std::optional<Fault> fault = nextFault();
  if (isKind(fault, Fault::Kind::kRemoveBefore)) {
    end();
    return false;
  }
  auto exchange = std::make_shared<Exchange>();
  if (isKind(fault, Fault::Kind::kMute)) {
    exchange->mute();
  } else {
    card_->transmit(std::move(command), protocolOf(*card_), exchange);
  }
  if (!settles(wire, *exchange) || !delays(wire, fault)) {
    exchange->abort(Exchange::Outcome::kRemoved);
    return false;
  }
  return exchange->outcome() == Exchange::Outcome::kAnswered &&
         answer(wire, fault, exchange->takeResponse());
}

/// False when the connection is to end: the protocol has no word for "no answer", and none for an
/// answer that its length cannot announce.
bool VpcdBridge::Line::answer(VpcdWire& wire, const std::optional<Fault>& fault, Bytes response) {
  const std::size_t whole = response.size();
  if (fault) response = spoil(*fault, std::move(response));
  const bool removed = isKind(fault, Fault::Kind::kRemoveDuring);
  const std::size_t announced = removed ? whole : response.size();
  const bool sent =
      !response.empty() && announced <= VpcdWire::kLongestMessage && wire.send(response, announced);
  if (removed) end();
  return sent && !removed;
}

/// Waits for the card. False when the connection ended first.
bool VpcdBridge::Line::settles(VpcdWire& wire, Exchange& exchange) {
  // Most cards answer at once.
  if (exchange.outcome() != Exchange::Outcome::kPending) return true;
  exchange.onSettled([line = weak_from_this()] {
    if (const auto self = line.lock()) self->waker_.wake();
  });
  while (exchange.outcome() == Exchange::Outcome::kPending) {
    if (wire.awaitWaker(std::nullopt) == VpcdWire::Arrival::kClosed) return false;
  }
  return true;
}

/// False when the connection ended before the time that a fault adds was over.
bool VpcdBridge::Line::delays(VpcdWire& wire, const std::optional<Fault>& fault) {
  if (!isKind(fault, Fault::Kind::kDelay)) return true;
  const auto until = VpcdWire::Clock::now() + fault->delay;
  for (;;) {
    const auto arrival = wire.awaitWaker(until);
    if (arrival == VpcdWire::Arrival::kTimedOut) return true;
    if (arrival == VpcdWire::Arrival::kClosed) return false;
  }
}

VpcdBridge::VpcdBridge(std::shared_ptr<CardDevice> card, VpcdOptions options, Listener listener)
    : line_(std::make_shared<Line>(std::move(card), std::move(options), std::move(listener))) {
  const bool started = workers_.spawn("scard-vpcd", [line = line_] { line->run(); });
  if (!started) {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                            "no thread for the bridge");
  }
}

VpcdBridge::~VpcdBridge() { close(); }

void VpcdBridge::close() noexcept { line_->end(); }

bool VpcdBridge::waitUntilEnded(milliseconds patience) { return workers_.waitUntil(0, patience); }

bool VpcdBridge::addFault(Fault fault) {
  if (fault.kind == Fault::Kind::kUnplug || fault.kind == Fault::Kind::kStopService) return false;
  line_->plan(fault);
  return true;
}

void VpcdBridge::clearFaults() { line_->forgetFaults(); }

}  // namespace scard::virtualrm
