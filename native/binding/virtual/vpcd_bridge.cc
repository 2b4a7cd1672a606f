#include "binding/virtual/vpcd_bridge.h"

#include <chrono>
#include <utility>
#include <vector>

#include "binding/convert.h"
#include "binding/virtual/arguments.h"
#include "binding/virtual/read_object.h"
#include "binding/wrap.h"

namespace scard::binding {

using virtualrm::VpcdEvent;
using virtualrm::VpcdOptions;

namespace {

/// How long an ending environment waits for the thread, which nothing but looking up a name holds.
constexpr std::chrono::milliseconds kBridgePatience{500};

VpcdOptions vpcdOptionsAt(const Napi::CallbackInfo& info, std::size_t index) {
  const Napi::Object object = objectAt(info, index);
  VpcdOptions options;
  readText(object, "host", options.host);
  readNumber(object, "port", options.port);
  std::int64_t pause = options.longestPause.count();
  readNumber(object, "longestPauseMs", pause);
  options.longestPause = std::chrono::milliseconds(pause);
  return options;
}

const char* eventName(VpcdEvent::Kind kind) {
  switch (kind) {
    case VpcdEvent::Kind::kConnected:
      return "connected";
    case VpcdEvent::Kind::kLost:
      return "lost";
    case VpcdEvent::Kind::kFailed:
      return "failed";
    case VpcdEvent::Kind::kClosed:
      break;
  }
  return "closed";
}

}  // namespace

VpcdBridgeWrap::VpcdBridgeWrap(Napi::Env env, std::shared_ptr<virtualrm::CardDevice> card,
                               VpcdOptions options, Napi::Function handle)
    : env_(env),
      handle_(Napi::Persistent(handle)),
      channel_(std::make_shared<Channel>(env, "scard virtual bridge",
                                         [this](Napi::Env current) { drain(current); })),
      bridge_(std::make_unique<virtualrm::VpcdBridge>(
          std::move(card), std::move(options),
          [channel = channel_](VpcdEvent event) { channel->send(std::move(event)); })) {
  napi_add_env_cleanup_hook(env, &VpcdBridgeWrap::onEnvironmentExit, this);
}

VpcdBridgeWrap::~VpcdBridgeWrap() {
  napi_remove_env_cleanup_hook(env_, &VpcdBridgeWrap::onEnvironmentExit, this);
  channel_->close();
}

void VpcdBridgeWrap::onEnvironmentExit(void* self) {
  auto& wrap = *static_cast<VpcdBridgeWrap*>(self);
  wrap.channel_->close();
  wrap.bridge_->close();
  static_cast<void>(wrap.bridge_->waitUntilEnded(kBridgePatience));
}

Napi::Function VpcdBridgeWrap::define(Napi::Env env) {
  using B = VpcdBridgeWrap;
  return defineClass(
      env, kName, &B::construct,
      {method<B, &B::addFault>("addFault"), method<B, &B::clearFaults>("clearFaults"),
       method<B, &B::keepAlive>("keepAlive"), method<B, &B::close>("close")});
}

napi_value VpcdBridgeWrap::construct(napi_env env, napi_callback_info raw) {
  return guarded(env, [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    if (!info.IsConstructCall() || !info[2].IsFunction()) {
      throw Napi::TypeError::New(
          env, "new VpcdBridge(card, options, handle) takes a card, an object and a function");
    }
    std::unique_ptr<VpcdBridgeWrap> bridge(new VpcdBridgeWrap(
        env, deviceAt(info, 0), vpcdOptionsAt(info, 1), info[2].As<Napi::Function>()));
    wrap(info.This().As<Napi::Object>(), std::move(bridge));
    return info.This();
  });
}

Napi::Value VpcdBridgeWrap::addFault(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), bridge_->addFault(faultAt(info, 0)));
}

Napi::Value VpcdBridgeWrap::clearFaults(const Napi::CallbackInfo& info) {
  bridge_->clearFaults();
  return info.Env().Undefined();
}

Napi::Value VpcdBridgeWrap::keepAlive(const Napi::CallbackInfo& info) {
  const bool wanted = info[0].ToBoolean();
  // Node counts no references here: a second one changes nothing.
  if (std::exchange(kept_, wanted) != wanted) channel_->keepAlive(info.Env(), wanted);
  return info.Env().Undefined();
}

Napi::Value VpcdBridgeWrap::close(const Napi::CallbackInfo& info) {
  bridge_->close();
  return info.Env().Undefined();
}

void VpcdBridgeWrap::drain(Napi::Env env) {
  const std::vector<VpcdEvent> events = channel_->take();
  if (events.empty()) return;
  auto batch = Napi::Array::New(env, events.size());
  for (std::uint32_t i = 0; i < events.size(); ++i) {
    auto event = Napi::Object::New(env);
    event.Set("kind", Napi::String::New(env, eventName(events[i].kind)));
    event.Set("message", Napi::String::New(env, events[i].message));
    batch.Set(i, event);
  }
  handle_.Call({batch});
}

}  // namespace scard::binding
