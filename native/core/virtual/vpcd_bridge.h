// Puts a virtual card into a reader of vsmartcard's vpcd driver, over TCP, so that every program
// on that machine's resource manager finds it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/virtual/card_device.h"
#include "core/virtual/faults.h"
#include "core/worker_group.h"

namespace scard::virtualrm {

struct VpcdOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0x8C7B;
  /// Longest pause between two attempts to connect; the first is 20 ms, each next one twice that.
  std::chrono::milliseconds longestPause{1000};
};

/// What happened to a bridge.
struct VpcdEvent {
  enum class Kind {
    /// The card is in the driver's reader, which has spoken to it.
    kConnected,
    /// The connection ended after kConnected; another one is tried.
    kLost,
    /// No connection, and `message` says why. Told when the reason changes, not each time.
    kFailed,
    /// The card is out, and the bridge's thread is about to end.
    kClosed,
  };
  Kind kind;
  std::string message = {};
};

/// A card in such a reader until it is closed, or a fault takes the card out. It connects again
/// when the daemon was restarted. One thread; all functions may be called on any.
class VpcdBridge {
 public:
  /// Called on the bridge's thread.
  using Listener = std::function<void(VpcdEvent)>;

  /// Throws std::system_error when the system refuses a descriptor or a thread.
  VpcdBridge(std::shared_ptr<CardDevice> card, VpcdOptions options, Listener listener);
  /// Closes, and leaves the thread to end by itself.
  ~VpcdBridge();
  VpcdBridge(const VpcdBridge&) = delete;
  VpcdBridge& operator=(const VpcdBridge&) = delete;

  /// Takes the card out, in the middle of a command if one runs. Does not wait; kClosed tells.
  void close() noexcept;
  /// Waits for the thread. False when the time is over first, as while a name is looked up.
  bool waitUntilEnded(std::chrono::milliseconds patience);

  /// Plans a fault of an exchange to come. False for one that the card cannot bring about: kUnplug
  /// and kStopService.
  bool addFault(Fault fault);
  void clearFaults();

 private:
  class Line;
  std::shared_ptr<Line> line_;
  WorkerGroup workers_;
};

}  // namespace scard::virtualrm
