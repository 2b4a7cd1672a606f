// How a virtual reader is described, and what happens on its PIN pad.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "core/virtual/card_device.h"
#include "core/virtual/profile.h"

namespace scard::virtualrm {

/// Handles control codes of the reader's own, such as the CCID escape.
class ControlHandler {
 public:
  virtual ~ControlHandler() = default;
  /// `function` is the code without the platform's SCARD_CTL_CODE. Answer by `respond`; `mute`
  /// says that the reader does not know the code.
  virtual void control(Dword function, Bytes input, std::shared_ptr<Exchange> exchange) = 0;
  /// As of a CardDevice.
  virtual std::thread::id answeringThread() const { return {}; }
};

/// How long the reader and the line take.
struct Timing {
  std::chrono::microseconds latency{0};
  /// Bytes per second in both directions; 0: no limit.
  std::uint32_t bytesPerSecond = 0;
};

/// What a virtual reader is.
struct ReaderOptions {
  std::string name{};
  std::string vendor = "scard";
  std::string type = "Virtual Reader";
  std::string serial = "0001";
  /// Windows device instance id; empty: made from the serial.
  std::string deviceInstanceId{};
  /// 0xMMmmbbbb as SCARD_ATTR_VENDOR_IFD_VERSION.
  std::uint32_t version = 0x01000000;
  /// 0xDDDDCCCC as SCARD_ATTR_CHANNEL_ID; the high word is also the bus of GetDeviceTypeId.
  std::uint32_t channelId = 0x00200001;
  /// SCARD_ATTR_MAXINPUT and the TLV property dwMaxAPDUDataSize: 261 short, 65544 extended APDUs.
  std::uint32_t maxInput = kMaxCommand;
  bool pinPad = false;
  bool ejectsCards = false;
  Timing timing{};
  Bytes icon{};
  std::shared_ptr<ControlHandler> controlHandler{};
};

/// One thing a user does at the PIN pad, in the order the pad asks.
struct PinEntry {
  enum class Action { kDigits, kCancel, kTimeout };
  Action action = Action::kDigits;
  /// Decimal digits; only for kDigits.
  std::string digits{};
};

/// What a virtual resource manager is.
struct ManagerOptions {
  Profile profile = Profile::pcsclite();
  /// Largest item of the card cache in bytes.
  std::uint32_t cacheItemLimit = 65536;
};

}  // namespace scard::virtualrm
