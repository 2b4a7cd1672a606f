#include "core/virtual/iso_card.h"

#include "core/virtual/iso_applet.h"

namespace scard::virtualrm {

IsoCard::IsoCard(iso::CardDescription description)
    : applet_(std::make_unique<iso::Applet>(std::move(description))) {}

IsoCard::~IsoCard() = default;

Bytes IsoCard::powerOn() { return reset(); }

Bytes IsoCard::reset() {
  applet_->reset();
  return applet_->atr();
}

void IsoCard::powerOff() { applet_->reset(); }

Bytes IsoCard::atr() { return applet_->atr(); }

void IsoCard::transmit(Bytes command, Dword protocol, std::shared_ptr<Exchange> exchange) {
  exchange->respond(answer(command, protocol));
}

Bytes IsoCard::answer(const Bytes& command, Dword protocol) {
  return applet_->answer(command, protocol);
}

}  // namespace scard::virtualrm
