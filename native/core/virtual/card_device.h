// What a reader needs from a card: power, and one exchange at a time that may be answered later
// and from another thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/virtual/codes.h"

namespace scard::virtualrm {

using Bytes = std::vector<std::uint8_t>;

/// One command on its way through a card. The first of respond, mute and abort counts; the rest
/// are ignored, so a late answer to a removed card is harmless. Safe from any thread.
class Exchange {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Outcome { kPending, kAnswered, kMute, kRemoved, kUnplugged };

  /// The card's answer, status word included.
  void respond(Bytes response);
  /// The card does not answer: the reader reports a failed exchange.
  void mute();
  /// The card or its reader goes away under the exchange.
  void abort(Outcome outcome);

  /// Calls `listener` once, on whatever thread settles the exchange; at once when that has
  /// happened. For who has more to wait for than the answer.
  void onSettled(std::function<void()> listener);

  /// The outcome so far.
  Outcome outcome();
  /// Waits for the outcome.
  Outcome wait();
  /// Waits until `time` unless the exchange is aborted first; gives the outcome then.
  Outcome waitUntil(Clock::time_point time);
  /// The answer, once; empty unless the outcome is kAnswered.
  Bytes takeResponse();

 private:
  void settle(std::unique_lock<std::mutex> lock, Outcome outcome);

  std::mutex mutex_;
  std::condition_variable settled_;
  Outcome outcome_ = Outcome::kPending;
  Bytes response_;
  std::function<void()> listener_;
};

/// A card as a reader sees it. The resource manager calls one method at a time, never while it
/// holds a lock, and from whatever thread called PC/SC.
class CardDevice {
 public:
  virtual ~CardDevice() = default;

  /// Cold reset. Gives the ATR; empty when the card does not answer to reset.
  virtual Bytes powerOn() = 0;
  /// Warm reset. Gives the ATR as powerOn does.
  virtual Bytes reset() = 0;
  virtual void powerOff() = 0;
  /// What powerOn would give now, without powering the card up.
  virtual Bytes atr() = 0;
  /// Starts one exchange. `protocol` is a bit of `protocol::`; raw is always kRawPcsclite.
  virtual void transmit(Bytes command, Dword protocol, std::shared_ptr<Exchange> exchange) = 0;
  /// The one thread that can answer an exchange later; none where that is any thread. A call of
  /// that very thread must not wait for an answer.
  virtual std::thread::id answeringThread() const { return {}; }
};

}  // namespace scard::virtualrm
