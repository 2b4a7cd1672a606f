// What goes over a traced connection, for whoever writes it down.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "core/secret_bytes.h"

namespace scard {

/// One SCardTransmit, or a change of the card's power that this connection brought about.
struct TraceEvent {
  enum class Kind : std::uint8_t { kExchange, kReset, kUnpower };

  Kind kind;
  /// As sent: of a framed command, one part of it.
  SecretBytes command{{}};
  /// Empty when it failed, and possibly when the card died.
  SecretBytes response{{}};
  /// What SCardTransmit returned; 0 for success.
  std::uint32_t failure = 0;
};

/// Events in the order in which they happened. Written by the thread that makes the card's calls,
/// read by another.
class CardTrace {
 public:
  void add(TraceEvent event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }

  /// What has happened since the last time.
  std::vector<TraceEvent> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<TraceEvent> events_;
};

}  // namespace scard
