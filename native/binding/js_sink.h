// Brings finished operations to the JavaScript thread, all that are ready in one call.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/operation.h"

namespace scard::binding {

class JsSink final : public CompletionSink {
 public:
  using Drain = std::function<void(Napi::Env)>;

  /// `drain` is called on the JavaScript thread whenever something is ready.
  JsSink(Napi::Env env, Drain drain);
  ~JsSink() override;

  void deliver(Completion completion) noexcept override;

  /// What is ready now, in the order of completion.
  std::vector<Completion> take();

  /// Whether the process stays alive for what is pending. JavaScript thread only.
  void keepAlive(Napi::Env env, bool wanted);

  /// Drops what is ready and what comes. JavaScript thread only.
  void close();

 private:
  static void callDrain(napi_env env, napi_value callback, void* context, void* data);

  std::mutex mutex_;
  std::vector<Completion> ready_;
  bool closed_ = false;
  napi_threadsafe_function function_ = nullptr;
};

}  // namespace scard::binding
