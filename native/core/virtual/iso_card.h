// A native ISO/IEC 7816-4 card: files, records, data objects, PINs, keys, logical channels.
#pragma once

#include <memory>
#include <mutex>

#include "core/virtual/iso_description.h"

namespace scard::virtualrm {

namespace iso {
class Applet;
}

/// A card made from a plain description. Answers at once; give the reader a `Timing` for delays.
class IsoCard final : public CardDevice {
 public:
  /// The description must be sound; see `iso::describeFault`.
  explicit IsoCard(iso::CardDescription description);
  ~IsoCard() override;

  Bytes powerOn() override;
  Bytes reset() override;
  void powerOff() override;
  Bytes atr() override;
  void transmit(Bytes command, Dword protocol, std::shared_ptr<Exchange> exchange) override;

  /// The answer to one command, without a reader around it. `protocol` as in transmit.
  Bytes answer(const Bytes& command, Dword protocol);

 private:
  /// Two subsystems, or one and a bridge, may hold the same card.
  std::mutex mutex_;
  std::unique_ptr<iso::Applet> applet_;
};

}  // namespace scard::virtualrm
