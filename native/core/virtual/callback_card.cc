#include "core/virtual/callback_card.h"

namespace scard::virtualrm {

CallbackCard::CallbackCard(Bytes atr, CardCallbacks callbacks)
    : atr_(std::move(atr)), callbacks_(std::move(callbacks)) {}

void CallbackCard::setAtr(Bytes atr) {
  const std::lock_guard lock(mutex_);
  atr_ = std::move(atr);
}

Bytes CallbackCard::atr() {
  const std::lock_guard lock(mutex_);
  return atr_;
}

Bytes CallbackCard::powerOn() {
  if (callbacks_.reset) callbacks_.reset(false);
  return atr();
}

Bytes CallbackCard::reset() {
  if (callbacks_.reset) callbacks_.reset(true);
  return atr();
}

void CallbackCard::powerOff() {
  if (callbacks_.powerOff) callbacks_.powerOff();
}

void CallbackCard::transmit(Bytes command, Dword protocol, std::shared_ptr<Exchange> exchange) {
  if (!callbacks_.command) return exchange->mute();
  callbacks_.command(std::move(command), protocol, std::move(exchange));
}

}  // namespace scard::virtualrm
