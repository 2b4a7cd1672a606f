// A one-way street from any thread to the JavaScript thread: items collect, one call brings all.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace scard::binding {

template <typename Item>
class JsChannel {
 public:
  using Drain = std::function<void(Napi::Env)>;

  /// `drain` is called on the JavaScript thread whenever something is ready; it calls take().
  JsChannel(Napi::Env env, const char* name, Drain drain) {
    // Owned by the thread-safe function: a call may be on its way when the channel is gone.
    auto context = std::make_unique<Drain>(std::move(drain));
    const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Drain*>(data); };
    const napi_status status = napi_create_threadsafe_function(
        env, nullptr, nullptr, Napi::String::New(env, name), 0, 1, context.get(), finalize,
        context.get(), &JsChannel::callDrain, &function_);
    if (status != napi_ok) throw Napi::Error::New(env);
    context.release();
    napi_unref_threadsafe_function(env, function_);
  }

  JsChannel(const JsChannel&) = delete;
  JsChannel& operator=(const JsChannel&) = delete;
  ~JsChannel() { close(); }

  /// Any thread. False, and the item is destroyed, when the channel is closed.
  bool send(Item item) {
    std::vector<Item> unwanted;
    const std::lock_guard lock(mutex_);
    if (closed_) {
      unwanted.push_back(std::move(item));
      return false;
    }
    ready_.push_back(std::move(item));
    // One call brings all that is ready, so only the first of a batch needs to ask for it.
    if (ready_.size() == 1) {
      napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
    }
    return true;
  }

  /// What is ready now, in order.
  std::vector<Item> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ready_, {});
  }

  /// Whether the process stays alive for what may come. JavaScript thread only.
  void keepAlive(Napi::Env env, bool wanted) {
    if (closed_) return;
    if (wanted) {
      napi_ref_threadsafe_function(env, function_);
    } else {
      napi_unref_threadsafe_function(env, function_);
    }
  }

  /// Drops what is ready and what comes. JavaScript thread only.
  void close() {
    std::vector<Item> unwanted;
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    unwanted = std::exchange(ready_, {});
    napi_release_threadsafe_function(function_, napi_tsfn_abort);
  }

 private:
  static void callDrain(napi_env env, napi_value, void* context, void*) {
    // Null while the environment is going: nobody is left to hear of it.
    if (env == nullptr) return;
    const Napi::HandleScope scope(env);
    try {
      (*static_cast<Drain*>(context))(Napi::Env(env));
    } catch (const Napi::Error& error) {
      reportUncaught(env, error);
    }
  }

  static void reportUncaught(napi_env env, const Napi::Error& error) {
    try {
      napi_fatal_exception(env, error.Value());
    } catch (const Napi::Error&) {
      // The environment ends, and takes no JavaScript any more: nobody is left to tell.
    }
  }

  std::mutex mutex_;
  std::vector<Item> ready_;
  bool closed_ = false;
  napi_threadsafe_function function_ = nullptr;
};

}  // namespace scard::binding
