#include <utility>

#include "core/virtual/card_device.h"

namespace scard::virtualrm {

bool Exchange::settle(Outcome outcome) {
  if (outcome_ != Outcome::kPending) return false;
  outcome_ = outcome;
  settled_.notify_all();
  return true;
}

void Exchange::respond(Bytes response) {
  std::lock_guard lock(mutex_);
  if (settle(Outcome::kAnswered)) response_ = std::move(response);
}

void Exchange::mute() {
  std::lock_guard lock(mutex_);
  settle(Outcome::kMute);
}

void Exchange::abort(Outcome outcome) {
  std::lock_guard lock(mutex_);
  // An answer the reader has not yet passed on is lost with the card.
  outcome_ = outcome;
  settled_.notify_all();
}

Exchange::Outcome Exchange::wait() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return outcome_ != Outcome::kPending; });
  return outcome_;
}

Exchange::Outcome Exchange::waitUntil(Clock::time_point time) {
  std::unique_lock lock(mutex_);
  settled_.wait_until(lock, time, [this] {
    return outcome_ == Outcome::kRemoved || outcome_ == Outcome::kUnplugged;
  });
  return outcome_;
}

Bytes Exchange::takeResponse() {
  std::lock_guard lock(mutex_);
  return outcome_ == Outcome::kAnswered ? std::exchange(response_, {}) : Bytes{};
}

}  // namespace scard::virtualrm
