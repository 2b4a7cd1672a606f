// `VpcdBridge` of binding.d.ts: a virtual card in a reader of vsmartcard's vpcd driver.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/js_channel.h"
#include "core/virtual/vpcd_bridge.h"

namespace scard::binding {

class VpcdBridgeWrap {
 public:
  static constexpr const char* kName = "VpcdBridge";
  static constexpr napi_type_tag kTag{0x5ca4d00000000007, 0x9b1f7c3e2a6d4856};

  static Napi::Function define(Napi::Env env);

  VpcdBridgeWrap(const VpcdBridgeWrap&) = delete;
  VpcdBridgeWrap& operator=(const VpcdBridgeWrap&) = delete;
  ~VpcdBridgeWrap();

 private:
  using Channel = JsChannel<virtualrm::VpcdEvent>;

  VpcdBridgeWrap(Napi::Env env, std::shared_ptr<virtualrm::CardDevice> card,
                 virtualrm::VpcdOptions options, Napi::Function handle);

  static napi_value construct(napi_env env, napi_callback_info raw);
  static void onEnvironmentExit(void* self);

  Napi::Value addFault(const Napi::CallbackInfo& info);
  Napi::Value clearFaults(const Napi::CallbackInfo& info);
  Napi::Value keepAlive(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  void drain(Napi::Env env);

  Napi::Env env_;
  Napi::FunctionReference handle_;
  std::shared_ptr<Channel> channel_;
  bool kept_ = false;
  // Last: its thread uses the channel.
  std::unique_ptr<virtualrm::VpcdBridge> bridge_;
};

}  // namespace scard::binding
