// Calls the JavaScript thread from any other one.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace scard::binding {

class JsWaker {
 public:
  using Call = std::function<void(Napi::Env)>;

  /// `call` is what a wake leads to, on the JavaScript thread, some time later.
  JsWaker(Napi::Env env, const char* name, Call call) {
    // Owned by the thread-safe function: a wake may be on its way when the waker is gone.
    auto context = std::make_unique<Call>(std::move(call));
    const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Call*>(data); };
    const napi_status status = napi_create_threadsafe_function(
        env, nullptr, nullptr, Napi::String::New(env, name), 0, 1, context.get(), finalize,
        context.get(), &JsWaker::onWake, &function_);
    if (status != napi_ok) throw Napi::Error::New(env);
    context.release();
    napi_unref_threadsafe_function(env, function_);
  }

  JsWaker(const JsWaker&) = delete;
  JsWaker& operator=(const JsWaker&) = delete;
  ~JsWaker() { close(); }

  /// Any thread. Nothing once closed.
  void wake() {
    const std::lock_guard lock(mutex_);
    if (!closed_) napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
  }

  /// Whether the process stays alive for wakes. JavaScript thread only.
  void keepAlive(Napi::Env env, bool wanted) {
    if (closed_) return;
    if (wanted) {
      napi_ref_threadsafe_function(env, function_);
    } else {
      napi_unref_threadsafe_function(env, function_);
    }
  }

  /// JavaScript thread only.
  void close() {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(closed_, true)) napi_release_threadsafe_function(function_, napi_tsfn_abort);
  }

 private:
  static void onWake(napi_env env, napi_value, void* context, void*) {
    // Null while the environment is going: nobody is left to hear of it.
    if (env == nullptr) return;
    const Napi::HandleScope scope(env);
    try {
      (*static_cast<Call*>(context))(Napi::Env(env));
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
  bool closed_ = false;
  napi_threadsafe_function function_ = nullptr;
};

}  // namespace scard::binding
