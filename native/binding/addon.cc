// The module: what binding.d.ts declares.
#include <napi.h>

#include <memory>

#include "binding/card_wrap.h"
#include "binding/context_wrap.h"
#include "binding/convert.h"
#include "binding/environment_wrap.h"
#include "binding/file_lock_wrap.h"
#include "binding/virtual/handler_card.h"
#include "binding/virtual/iso_card.h"
#include "binding/virtual/subsystem_wrap.h"
#include "binding/virtual/vpcd_bridge.h"
#include "binding/wrap.h"
#include "platform/platform.h"

namespace scard::binding {

namespace {

Napi::Value controlCode(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), platform::controlCode(toUint32(info, 0)));
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  platform::pinModule();
  auto references = std::make_unique<Classes>();
  references->context = Napi::Persistent(ContextWrap::define(env));
  references->card = Napi::Persistent(CardWrap::define(env));
  references->fileLock = Napi::Persistent(FileLockWrap::define(env));
  exports.Set("Environment", EnvironmentWrap::define(env));
  exports.Set("Context", references->context.Value());
  exports.Set("Card", references->card.Value());
  exports.Set("FileLock", references->fileLock.Value());
  exports.Set("VirtualSubsystem", SubsystemWrap::define(env));
  exports.Set("HandlerCard", HandlerCardWrap::define(env));
  exports.Set("IsoCard", IsoCardWrap::define(env));
  exports.Set("VpcdBridge", VpcdBridgeWrap::define(env));
  exports.Set("controlCode", Napi::Function::New(env, controlCode, "controlCode"));
  env.SetInstanceData<Classes>(references.release());
  return exports;
}

}  // namespace

NODE_API_MODULE(scard, initialise)

}  // namespace scard::binding
