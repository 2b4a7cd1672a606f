#include <utility>

#include "core/virtual/card_device.h"

namespace scard::virtualrm {

void Exchange::settle(std::unique_lock<std::mutex> lock, Outcome outcome) {
  outcome_ = outcome;
  settled_.notify_all();
  const auto listener = std::exchange(listener_, {});
  lock.unlock();
  if (listener) listener();
}

void Exchange::respond(Bytes response) {
  std::unique_lock lock(mutex_);
  if (outcome_ != Outcome::kPending) return;
  response_ = std::move(response);
  settle(std::move(lock), Outcome::kAnswered);
}

void Exchange::mute() {
  std::unique_lock lock(mutex_);
  if (outcome_ == Outcome::kPending) settle(std::move(lock), Outcome::kMute);
}

void Exchange::abort(Outcome outcome) {
  // An answer the reader has not yet passed on is lost with the card.
  settle(std::unique_lock(mutex_), outcome);
}

void Exchange::onSettled(std::function<void()> listener) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome_ == Outcome::kPending) {
      listener_ = std::move(listener);
      return;
    }
  }
  listener();
}

Exchange::Outcome Exchange::outcome() {
  const std::lock_guard lock(mutex_);
  return outcome_;
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
