// A card whose answers come from elsewhere: a JavaScript handler, a test, a socket.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "core/virtual/card_device.h"

namespace scard::virtualrm {

/// What happens to a callback card. Called on PC/SC threads and must not wait for one.
struct CardCallbacks {
  /// A command to be answered by `exchange`, now or later, from any thread.
  std::function<void(Bytes command, Dword protocol, std::shared_ptr<Exchange> exchange)> command;
  /// Powered up (`warm` false) or reset.
  std::function<void(bool warm)> reset;
  std::function<void()> powerOff;
};

class CallbackCard final : public CardDevice {
 public:
  /// An empty `atr` makes a card that does not answer to reset.
  CallbackCard(Bytes atr, CardCallbacks callbacks);

  /// The ATR from the next power-up or reset on.
  void setAtr(Bytes atr);

  Bytes powerOn() override;
  Bytes reset() override;
  void powerOff() override;
  Bytes atr() override;
  void transmit(Bytes command, Dword protocol, std::shared_ptr<Exchange> exchange) override;

 private:
  std::mutex mutex_;
  Bytes atr_;
  const CardCallbacks callbacks_;
};

}  // namespace scard::virtualrm
