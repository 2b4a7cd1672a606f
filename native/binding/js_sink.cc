#include "binding/js_sink.h"

#include <utility>

namespace scard::binding {

JsSink::JsSink(Napi::Env env, Drain drain) {
  // Owned by the thread-safe function: a call may be on its way when the sink is gone.
  auto context = std::make_unique<Drain>(std::move(drain));
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Drain*>(data); };
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, Napi::String::New(env, "scard"), 0, 1, context.get(), finalize,
      context.get(), &JsSink::callDrain, &function_);
  if (status != napi_ok) throw Napi::Error::New(env);
  context.release();
  napi_unref_threadsafe_function(env, function_);
}

JsSink::~JsSink() { close(); }

void JsSink::callDrain(napi_env env, napi_value, void* context, void*) {
  // Null while the environment is going: nobody is left to hear of it.
  if (env == nullptr) return;
  const Napi::HandleScope scope(env);
  try {
    (*static_cast<Drain*>(context))(Napi::Env(env));
  } catch (const Napi::Error& error) {
    napi_fatal_exception(env, error.Value());
  }
}

void JsSink::deliver(Completion completion) noexcept {
  std::vector<Completion> unwanted;
  const std::lock_guard lock(mutex_);
  if (closed_) {
    unwanted.push_back(std::move(completion));
    return;
  }
  ready_.push_back(std::move(completion));
  // One call brings all that is ready, so only the first of a batch needs to ask for it.
  if (ready_.size() == 1) napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
}

std::vector<Completion> JsSink::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(ready_, {});
}

void JsSink::keepAlive(Napi::Env env, bool wanted) {
  if (closed_) return;
  if (wanted) {
    napi_ref_threadsafe_function(env, function_);
  } else {
    napi_unref_threadsafe_function(env, function_);
  }
}

void JsSink::close() {
  std::vector<Completion> unwanted;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    unwanted = std::exchange(ready_, {});
    napi_release_threadsafe_function(function_, napi_tsfn_abort);
  }
}

}  // namespace scard::binding
