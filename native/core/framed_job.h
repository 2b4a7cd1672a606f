// What makes an exchange more than one SCardTransmit: how its command is framed, or the script that
// stands in the command's place.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/apdu_exchange.h"
#include "core/apdu_script.h"

namespace scard {

/// Goes with its exchange, and is used again with it.
class FramedJob final : public ScriptWatch {
 public:
  /// Makes it a new job: of a script, or with none of the exchange's command.
  void prepare(const FramingOptions& options, std::shared_ptr<const ApduScript> script) {
    options_ = options;
    script_ = std::move(script);
    done_.store(0, std::memory_order_relaxed);
    stop_.store(false, std::memory_order_relaxed);
  }

  const FramingOptions& options() const { return options_; }
  /// Null where the exchange's command is sent.
  const ApduScript* script() const { return script_.get(); }

  /// Ends a script after the step under way; one that waits for its turn does nothing. Any thread.
  void stop() { stop_.store(true, std::memory_order_release); }
  /// Steps done by a script that runs or has run. Any thread.
  std::uint32_t done() const { return done_.load(std::memory_order_acquire); }

  void progressed(std::uint32_t steps) override { done_.store(steps, std::memory_order_release); }
  bool stopAsked() override { return stop_.load(std::memory_order_acquire); }

  /// Gives back what only this one job needed.
  void finish() {
    script_.reset();
    result = {};
    outcome.finish();
  }

  /// How a command's exchange ended. What it received is the exchange's response.
  ExchangeResult result;
  ScriptOutcome outcome;

 private:
  FramingOptions options_;
  std::shared_ptr<const ApduScript> script_;
  std::atomic<std::uint32_t> done_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace scard
