// The exchanges of a hand-off: those on their way, by token, and those that wait to be used again.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/exchange.h"

namespace scard::binding {

/// JavaScript thread only. In the steady state nothing is allocated.
class PendingExchanges {
 public:
  /// One for a single SCardTransmit.
  std::unique_ptr<Exchange> fresh();
  /// One with a FramedJob.
  std::unique_ptr<Exchange> freshFramed();

  /// Gives an exchange its token. Whoever works on it owns it, and it comes back.
  void begin(Exchange& exchange);
  /// Null where none is on its way.
  Exchange* find(std::uint32_t token) const {
    return token < byToken_.size() ? byToken_[token] : nullptr;
  }
  /// It has come back. Its token is not given again before reuseTokens().
  void end(const Exchange& exchange);
  void reuseTokens();

  /// Keeps one that came back for the next time.
  void giveBack(std::unique_ptr<Exchange> done);

  /// Gives up all that are on their way.
  void abandon();
  void clear();

 private:
  std::vector<Exchange*> byToken_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> spent_;
  std::vector<std::unique_ptr<Exchange>> idle_;
  std::vector<std::unique_ptr<Exchange>> idleFramed_;
};

}  // namespace scard::binding
