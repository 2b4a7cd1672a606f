// `Environment` of binding.d.ts.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/host.h"

namespace scard::binding {

class EnvironmentWrap {
 public:
  static constexpr const char* kName = "Environment";
  static constexpr napi_type_tag kTag{0x5ca4d00000000003, 0x9b1f7c3e2a6d4852};

  static Napi::Function define(Napi::Env env);

 private:
  explicit EnvironmentWrap(std::shared_ptr<Host> host) : host_(std::move(host)) {}

  static napi_value construct(napi_env env, napi_callback_info raw);

  Napi::Value establishContext(const Napi::CallbackInfo& info);
  Napi::Value serviceStarted(const Napi::CallbackInfo& info);
  Napi::Value lockFile(const Napi::CallbackInfo& info);
  Napi::Value handOff(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value ref(const Napi::CallbackInfo& info);
  Napi::Value unref(const Napi::CallbackInfo& info);
  Napi::Value statistics(const Napi::CallbackInfo& info);

  std::shared_ptr<Host> host_;
};

}  // namespace scard::binding
