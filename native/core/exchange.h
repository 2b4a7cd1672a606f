// One APDU on its way, or a framed exchange or script: filled and taken back by the thread of the
// caller, which then uses it again, and in between owned by whoever works on it. In the steady
// state it allocates nothing.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/buffer_pool.h"
#include "core/framed_job.h"
#include "core/result.h"
#include "core/secret_bytes.h"

namespace scard {

class Operations;

class Exchange {
 public:
  static constexpr const char* kCall = "SCardTransmit";
  /// Room for the longest APDU of short length either way: 4 + 1 + 255 + 1, and 256 + 2.
  static constexpr std::size_t kShort = 264;

  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { wipeCommand(); }

  /// Makes it a new exchange with a copy of `command`.
  void prepare(std::span<const std::uint8_t> command, std::uint32_t protocol) {
    protocol_ = protocol;
    commandLength_ = command.size();
    if (command.size() > kShort) longCommand_.resize(command.size());
    std::copy(command.begin(), command.end(), commandBytes().begin());
    wanted_.store(true, std::memory_order_relaxed);
    failure_.reset();
    responseLength_ = 0;
    taken_ = {};
  }

  std::span<const std::uint8_t> command() { return commandBytes(); }
  std::uint32_t protocol() const { return protocol_; }

  /// Overwrites the command: it may hold a PIN.
  void wipeCommand() {
    overwrite(commandBytes());
    commandLength_ = 0;
    longCommand_ = {};
  }

  /// Nobody waits for it any more: it does not begin if it has not begun. Any thread.
  void abandon() { wanted_.store(false, std::memory_order_relaxed); }
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }

  /// Notes how long the card, and what lies between, took; 0 for one that was not sent.
  void took(std::chrono::steady_clock::duration time) { taken_ = time; }
  std::chrono::steady_clock::duration taken() const { return taken_; }

  void fail(Error error) { failure_ = std::move(error); }
  const std::optional<Error>& failure() const { return failure_; }

  /// Keeps the first `length` bytes of `buffer`: a short response as a copy, a long one with the
  /// buffer, in whose place `buffer` gets another.
  void succeed(PooledBuffer& buffer, std::size_t length, BufferPool& pool) {
    responseLength_ = length;
    if (length <= kShort) {
      std::copy_n(buffer.space().begin(), length, shortResponse_.begin());
    } else {
      longResponse_.emplace(std::exchange(buffer, pool.take()));
    }
  }

  bool responseIsShort() const { return responseLength_ <= kShort; }
  std::span<const std::uint8_t> response() const {
    return responseIsShort()
               ? std::span(shortResponse_).first(responseLength_)
               : std::span<const std::uint8_t>(longResponse_->space()).first(responseLength_);
  }

  /// Hands it to the sink of the runtime that it was submitted to.
  static void deliver(std::unique_ptr<Exchange> done) noexcept;
  void submittedTo(Operations& operations) { operations_ = &operations; }

  /// Gives back what only this one exchange needed.
  void finish() {
    longResponse_.reset();
    if (framed != nullptr) framed->finish();
  }

  /// Null for a single SCardTransmit.
  std::unique_ptr<FramedJob> framed;

  /// The caller's own: names the exchange and its card, says whether it still counts as pending,
  /// whether it is waited for awake, and since when if the time matters.
  std::uint32_t token = 0;
  std::uint32_t card = 0;
  bool counts = false;
  bool awake = false;
  std::optional<std::chrono::steady_clock::time_point> since;

 private:
  std::span<std::uint8_t> commandBytes() {
    return commandLength_ <= kShort ? std::span(shortCommand_).first(commandLength_)
                                    : std::span(longCommand_);
  }

  // Lives at least as long as the session that works on this exchange.
  Operations* operations_ = nullptr;
  std::uint32_t protocol_ = 0;
  std::size_t commandLength_ = 0;
  std::size_t responseLength_ = 0;
  std::atomic<bool> wanted_{true};
  std::chrono::steady_clock::duration taken_{};
  std::optional<Error> failure_;
  std::vector<std::uint8_t> longCommand_;
  std::optional<PooledBuffer> longResponse_;
  std::array<std::uint8_t, kShort> shortCommand_;
  std::array<std::uint8_t, kShort> shortResponse_;
};

}  // namespace scard
