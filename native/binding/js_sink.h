// Brings what has finished to the JavaScript thread: it is woken, or looks by itself for a while.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "binding/js_waker.h"
#include "core/adaptive_lock.h"
#include "core/exchange.h"
#include "core/operation.h"

namespace scard::binding {

using Finished = std::variant<Completion, std::unique_ptr<Exchange>>;

class JsSink final : public CompletionSink {
 public:
  JsSink(Napi::Env env, JsWaker::Call wake) : waker_(env, "scard", std::move(wake)) {}

  void deliver(Completion completion) noexcept override { add(std::move(completion)); }
  void deliver(std::unique_ptr<Exchange> exchange) noexcept override { add(std::move(exchange)); }

  /// Wakes the JavaScript thread although it said that it looks by itself: nothing follows soon
  /// that would bring what is here along, should it not.
  void flush() noexcept override {
    if (!filled_.load(std::memory_order_acquire)) return;
    {
      const std::unique_lock lock = lockBriefly(mutex_);
      if (closed_ || ready_.empty() || std::exchange(woken_, true)) return;
    }
    waker_.wake();
  }

  // What follows is for the JavaScript thread only.

  /// Whether there is something to take; costs next to nothing.
  bool filled() const { return filled_.load(std::memory_order_acquire); }

  /// Puts what is ready, in order, in place of what `finished` held.
  void take(std::vector<Finished>& finished) {
    finished.clear();
    const std::unique_lock lock = lockBriefly(mutex_);
    std::swap(finished, ready_);
    filled_.store(false, std::memory_order_relaxed);
    woken_ = false;
  }

  /// Says whether the JavaScript thread looks by itself from now on. Ending that, take() must
  /// follow.
  void setLooking(bool looking) {
    const std::unique_lock lock = lockBriefly(mutex_);
    looking_ = looking;
  }

  void keepAlive(Napi::Env env, bool wanted) { waker_.keepAlive(env, wanted); }

  /// Drops what is ready and what comes.
  void close() {
    std::vector<Finished> unwanted;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      std::swap(unwanted, ready_);
    }
    waker_.close();
  }

 private:
  void add(Finished finished) {
    {
      const std::unique_lock lock = lockBriefly(mutex_);
      if (closed_) return;
      ready_.push_back(std::move(finished));
      filled_.store(true, std::memory_order_release);
      // One call brings all that is ready, so only the first of a batch needs to ask for it.
      if (looking_ || std::exchange(woken_, true)) return;
    }
    waker_.wake();
  }

  std::mutex mutex_;
  std::vector<Finished> ready_;
  std::atomic<bool> filled_{false};
  bool looking_ = false;
  bool woken_ = false;
  bool closed_ = false;
  JsWaker waker_;
};

}  // namespace scard::binding
