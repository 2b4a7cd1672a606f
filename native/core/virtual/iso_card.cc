#include "core/virtual/iso_card.h"

#include "core/virtual/iso_applet.h"

namespace scard::virtualrm {

IsoCard::IsoCard(iso::CardDescription description)
    : applet_(std::make_unique<iso::Applet>(std::move(description))) {}

IsoCard::~IsoCard() = default;

Bytes IsoCard::powerOn() { return reset(); }

Bytes IsoCard::reset() {
  const std::lock_guard lock(mutex_);
  applet_->reset();
  return applet_->atr();
}

void IsoCard::powerOff() {
  const std::lock_guard lock(mutex_);
  applet_->reset();
}

Bytes IsoCard::atr() {
  const std::lock_guard lock(mutex_);
  return applet_->atr();
}

void IsoCard::transmit(Bytes command, Dword protocol, std::shared_ptr<Exchange> exchange) {
  exchange->respond(answer(command, protocol));
}

Bytes IsoCard::answer(const Bytes& command, Dword protocol) {
  const std::lock_guard lock(mutex_);
  return applet_->answer(command, protocol);
}

}  // namespace scard::virtualrm
