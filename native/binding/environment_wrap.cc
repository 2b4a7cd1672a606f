#include "binding/environment_wrap.h"

#include <utility>

#include "binding/convert.h"
#include "binding/virtual/subsystem_wrap.h"
#include "binding/wrap.h"
#include "core/context_session.h"
#include "core/file_lock_session.h"
#include "core/service_watch.h"

namespace scard::binding {

namespace {

/// The library of a call: a path, the platform's own, or a virtual subsystem's.
ContextRequest requestFor(const Napi::CallbackInfo& info, std::size_t index) {
  const std::uint32_t usualScope = ContextRequest().scope;
  if (!info[index].IsObject()) return {usualScope, toOptionalString(info, index), nullptr};
  const SubsystemWrap* const subsystem = &unwrap<SubsystemWrap>(info[index].As<Napi::Object>());
  return {usualScope, std::nullopt, subsystem->library()};
}

}  // namespace

Napi::Function EnvironmentWrap::define(Napi::Env env) {
  return defineClass(
      env, kName, &EnvironmentWrap::construct,
      {method<EnvironmentWrap, &EnvironmentWrap::establishContext>("establishContext"),
       method<EnvironmentWrap, &EnvironmentWrap::serviceStarted>("serviceStarted"),
       method<EnvironmentWrap, &EnvironmentWrap::lockFile>("lockFile"),
       method<EnvironmentWrap, &EnvironmentWrap::handOff>("handOff"),
       method<EnvironmentWrap, &EnvironmentWrap::cancel>("cancel"),
       method<EnvironmentWrap, &EnvironmentWrap::ref>("ref"),
       method<EnvironmentWrap, &EnvironmentWrap::unref>("unref"),
       method<EnvironmentWrap, &EnvironmentWrap::statistics>("statistics")});
}

napi_value EnvironmentWrap::construct(napi_env env, napi_callback_info raw) {
  return guarded(env, [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    if (!info.IsConstructCall() || !info[0].IsFunction()) {
      throw Napi::TypeError::New(env, "new Environment(wake) takes a function");
    }
    auto host = Host::create(env, info[0].As<Napi::Function>());
    wrap(info.This().As<Napi::Object>(),
         std::unique_ptr<EnvironmentWrap>(new EnvironmentWrap(std::move(host))));
    return info.This();
  });
}

Napi::Value EnvironmentWrap::establishContext(const Napi::CallbackInfo& info) {
  ContextRequest request = requestFor(info, 1);
  request.scope = toUint32(info, 0);
  request.waitsAwake = info[2].ToBoolean();
  const auto operation = host_->begin("SCardEstablishContext");
  std::make_shared<ContextSession>(host_->runtime(), std::move(request))->start(operation);
  return host_->id(*operation);
}

Napi::Value EnvironmentWrap::serviceStarted(const Napi::CallbackInfo& info) {
  ContextRequest request = requestFor(info, 0);
  const auto operation = host_->begin("SCardAccessStartedEvent");
  std::make_shared<ServiceWatch>(host_->runtime(), std::move(request))->start(operation);
  return host_->id(*operation);
}

Napi::Value EnvironmentWrap::lockFile(const Napi::CallbackInfo& info) {
  std::string path = toString(info, 0);
  const auto operation = host_->begin("SCardIntroduceCardType");
  std::make_shared<FileLockSession>(host_->runtime(), std::move(path))->start(operation);
  return host_->id(*operation);
}

Napi::Value EnvironmentWrap::handOff(const Napi::CallbackInfo& info) {
  return host_->handOff().object(info.Env(), host_);
}

Napi::Value EnvironmentWrap::cancel(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(),
                            host_->runtime()->operations().cancel(toOperationId(info, 0)));
}

Napi::Value EnvironmentWrap::ref(const Napi::CallbackInfo& info) {
  host_->setKeepsAlive(toOperationId(info, 0), true);
  return info.Env().Undefined();
}

Napi::Value EnvironmentWrap::unref(const Napi::CallbackInfo& info) {
  host_->setKeepsAlive(toOperationId(info, 0), false);
  return info.Env().Undefined();
}

Napi::Value EnvironmentWrap::statistics(const Napi::CallbackInfo& info) {
  Runtime& runtime = *host_->runtime();
  const auto count = [&](std::size_t value) {
    return Napi::Number::New(info.Env(), static_cast<double>(value));
  };
  auto object = Napi::Object::New(info.Env());
  object.Set("contexts", count(runtime.counters().contexts));
  object.Set("cards", count(runtime.counters().cards));
  object.Set("waits", count(runtime.counters().waits));
  object.Set("threads", count(runtime.workers().live()));
  object.Set("pendingOperations",
             count(runtime.operations().pending() + host_->handOff().pending()));
  return object;
}

}  // namespace scard::binding
