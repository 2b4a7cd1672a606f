// A one-way street from any thread to the JavaScript thread: items collect, one call brings all.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "binding/js_waker.h"

namespace scard::binding {

template <typename Item>
class JsChannel {
 public:
  using Drain = JsWaker::Call;

  /// `drain` is called on the JavaScript thread whenever something is ready; it calls take().
  JsChannel(Napi::Env env, const char* name, Drain drain) : waker_(env, name, std::move(drain)) {}

  JsChannel(const JsChannel&) = delete;
  JsChannel& operator=(const JsChannel&) = delete;
  ~JsChannel() { close(); }

  /// Any thread. False, and the item is destroyed, when the channel is closed.
  bool send(Item item) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return false;
      first = ready_.empty();
      ready_.push_back(std::move(item));
    }
    // One call brings all that is ready, so only the first of a batch needs to ask for it.
    if (first) waker_.wake();
    return true;
  }

  /// What is ready now, in order.
  std::vector<Item> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ready_, {});
  }

  /// Whether the process stays alive for what may come. JavaScript thread only.
  void keepAlive(Napi::Env env, bool wanted) { waker_.keepAlive(env, wanted); }

  /// Drops what is ready and what comes. JavaScript thread only.
  void close() {
    std::vector<Item> unwanted;
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    unwanted = std::exchange(ready_, {});
    waker_.close();
  }

 private:
  std::mutex mutex_;
  std::vector<Item> ready_;
  bool closed_ = false;
  JsWaker waker_;
};

}  // namespace scard::binding
