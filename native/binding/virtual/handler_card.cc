#include "binding/virtual/handler_card.h"

#include <cstring>
#include <utility>

#include "binding/convert.h"
#include "binding/wrap.h"

namespace scard::binding {

using virtualrm::Bytes;
using virtualrm::Exchange;

HandlerDevice::HandlerDevice(Napi::Env env, Bytes atr, JsChannel<CardRequest>::Drain drain)
    : atr_(std::move(atr)), channel_(env, "scard virtual card", std::move(drain)) {}

Bytes HandlerDevice::power(CardRequest::Kind kind) {
  channel_.send({kind});
  return atr();
}

Bytes HandlerDevice::atr() {
  const std::lock_guard lock(mutex_);
  return atr_;
}

Bytes HandlerDevice::powerOn() { return power(CardRequest::Kind::kPowerOn); }

Bytes HandlerDevice::reset() { return power(CardRequest::Kind::kReset); }

void HandlerDevice::powerOff() { channel_.send({CardRequest::Kind::kPowerOff}); }

void HandlerDevice::transmit(Bytes command, virtualrm::Dword protocol,
                             std::shared_ptr<Exchange> exchange) {
  // A synchronous call of the thread that would have to answer: it would wait for itself for ever.
  if (std::this_thread::get_id() == javaScript_) return exchange->mute();
  std::uint32_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = ++lastExchange_;
    // One at a time: whatever was before has been settled, answered or not.
    pending_ = exchange;
  }
  const bool sent = channel_.send(
      {CardRequest::Kind::kCommand, id, std::move(command), static_cast<std::uint32_t>(protocol)});
  if (!sent) mute(id);
}

std::shared_ptr<Exchange> HandlerDevice::takeExchange(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  return id == lastExchange_ ? std::exchange(pending_, nullptr) : nullptr;
}

bool HandlerDevice::respond(std::uint32_t exchange, Bytes response) {
  const auto pending = takeExchange(exchange);
  if (pending == nullptr) return false;
  pending->respond(std::move(response));
  return true;
}

bool HandlerDevice::mute(std::uint32_t exchange) {
  const auto pending = takeExchange(exchange);
  if (pending == nullptr) return false;
  pending->mute();
  return true;
}

void HandlerDevice::setAtr(Bytes atr) {
  const std::lock_guard lock(mutex_);
  atr_ = std::move(atr);
}

void HandlerDevice::close() {
  channel_.close();
  std::shared_ptr<Exchange> pending;
  {
    const std::lock_guard lock(mutex_);
    pending = std::exchange(pending_, nullptr);
  }
  if (pending != nullptr) pending->mute();
}

HandlerCardWrap::HandlerCardWrap(Napi::Env env, Bytes atr, Napi::Function handle)
    : env_(env),
      handle_(Napi::Persistent(handle)),
      device_(std::make_shared<HandlerDevice>(env, std::move(atr),
                                              [this](Napi::Env current) { drain(current); })) {
  napi_add_env_cleanup_hook(env, &HandlerCardWrap::onEnvironmentExit, this);
}

HandlerCardWrap::~HandlerCardWrap() {
  napi_remove_env_cleanup_hook(env_, &HandlerCardWrap::onEnvironmentExit, this);
  device_->close();
}

void HandlerCardWrap::onEnvironmentExit(void* self) {
  static_cast<HandlerCardWrap*>(self)->device_->close();
}

Napi::Function HandlerCardWrap::define(Napi::Env env) {
  return defineClass(env, kName, &HandlerCardWrap::construct,
                     {method<HandlerCardWrap, &HandlerCardWrap::respond>("respond"),
                      method<HandlerCardWrap, &HandlerCardWrap::mute>("mute"),
                      method<HandlerCardWrap, &HandlerCardWrap::setAtr>("setAtr")});
}

napi_value HandlerCardWrap::construct(napi_env env, napi_callback_info raw) {
  return guarded(env, [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    if (!info.IsConstructCall() || !info[1].IsFunction()) {
      throw Napi::TypeError::New(env, "new HandlerCard(atr, handle) takes bytes and a function");
    }
    std::unique_ptr<HandlerCardWrap> card(
        new HandlerCardWrap(env, toBytes(info, 0), info[1].As<Napi::Function>()));
    wrap(info.This().As<Napi::Object>(), std::move(card));
    return info.This();
  });
}

Napi::Value HandlerCardWrap::respond(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), device_->respond(toUint32(info, 0), toBytes(info, 1)));
}

Napi::Value HandlerCardWrap::mute(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), device_->mute(toUint32(info, 0)));
}

Napi::Value HandlerCardWrap::setAtr(const Napi::CallbackInfo& info) {
  device_->setAtr(toBytes(info, 0));
  return info.Env().Undefined();
}

namespace {

const char* kindName(CardRequest::Kind kind) {
  switch (kind) {
    case CardRequest::Kind::kPowerOn:
      return "power-on";
    case CardRequest::Kind::kReset:
      return "reset";
    case CardRequest::Kind::kPowerOff:
      return "power-off";
    case CardRequest::Kind::kCommand:
      break;
  }
  return "command";
}

}  // namespace

void HandlerCardWrap::drain(Napi::Env env) {
  const auto device = device_;
  std::vector<CardRequest> requests = device->take();
  if (requests.empty()) return;
  auto batch = Napi::Array::New(env, requests.size());
  for (std::uint32_t i = 0; i < requests.size(); ++i) {
    auto request = Napi::Object::New(env);
    request.Set("kind", Napi::String::New(env, kindName(requests[i].kind)));
    request.Set("exchange", Napi::Number::New(env, requests[i].exchange));
    request.Set("command", toUint8Array(env, requests[i].command));
    request.Set("protocol", Napi::Number::New(env, requests[i].protocol));
    batch.Set(i, request);
  }
  handle_.Call({batch});
}

}  // namespace scard::binding
