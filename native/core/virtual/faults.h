// Faults on demand: what goes wrong at which exchange. Counted, not timed or random, so that a
// test sees the same every time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/virtual/card_device.h"

namespace scard::virtualrm {

/// One planned fault of a reader.
struct Fault {
  enum class Kind {
    /// The card is taken out before the command reaches it.
    kRemoveBefore,
    /// The card is taken out while it works; the caller gets what `bytes` of the answer had come.
    kRemoveDuring,
    /// The reader is unplugged while the card works.
    kUnplug,
    /// The resource manager stops while the card works.
    kStopService,
    /// The answer comes `delay` later.
    kDelay,
    /// The answer breaks off after `bytes` bytes.
    kTruncate,
    /// The answer is padded to `bytes` bytes in all.
    kOversize,
    /// The card does not answer: the exchange fails.
    kMute,
    /// Every answer says that more bytes wait (61xx).
    kMoreData,
    /// Every answer says that Le was wrong (6Cxx), each time with another length.
    kWrongLength,
  };

  Kind kind = Kind::kMute;
  /// First exchange it strikes, 1 the next one after it was planned.
  std::uint32_t exchange = 1;
  /// How many exchanges it strikes; 0: all from then on.
  std::uint32_t count = 1;
  std::uint32_t bytes = 0;
  std::chrono::microseconds delay{0};
};

/// The faults of one reader.
class FaultPlan {
 public:
  void add(Fault fault) { faults_.push_back(fault); }
  void clear() { faults_.clear(); }

  /// Counts one exchange and gives the fault that strikes it, if any.
  std::optional<Fault> next();

 private:
  std::deque<Fault> faults_;
};

/// What `fault` makes of a card's answer to the `round`-th exchange of its own.
Bytes spoil(const Fault& fault, Bytes response);

}  // namespace scard::virtualrm
