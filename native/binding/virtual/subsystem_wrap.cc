#include "binding/virtual/subsystem_wrap.h"

#include <chrono>
#include <string>
#include <utility>

#include "binding/convert.h"
#include "binding/virtual/arguments.h"
#include "binding/virtual/read_object.h"
#include "binding/wrap.h"

namespace scard::binding {

using virtualrm::PinEntry;
using virtualrm::ReaderOptions;

namespace {

ReaderOptions readerOptions(const Napi::Object& object) {
  ReaderOptions options;
  readText(object, "name", options.name);
  readText(object, "vendor", options.vendor);
  readText(object, "type", options.type);
  readText(object, "serial", options.serial);
  readText(object, "deviceInstanceId", options.deviceInstanceId);
  readNumber(object, "version", options.version);
  readNumber(object, "channelId", options.channelId);
  readNumber(object, "maxInput", options.maxInput);
  readFlag(object, "pinPad", options.pinPad);
  readFlag(object, "ejectsCards", options.ejectsCards);
  std::int64_t latency = 0;
  readNumber(object, "latencyUs", latency);
  options.timing.latency = std::chrono::microseconds(latency);
  readNumber(object, "bytesPerSecond", options.timing.bytesPerSecond);
  return options;
}

PinEntry::Action pinAction(const std::string& name) {
  if (name == "cancel") return PinEntry::Action::kCancel;
  if (name == "timeout") return PinEntry::Action::kTimeout;
  return PinEntry::Action::kDigits;
}

std::uint64_t foreignId(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) throw Napi::TypeError::New(info.Env(), "argument 0 must be a number");
  return static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value());
}

Napi::Boolean flag(const Napi::CallbackInfo& info, bool value) {
  return Napi::Boolean::New(info.Env(), value);
}

Napi::String foreignOutcome(const Napi::CallbackInfo& info, virtualrm::ForeignOutcome outcome) {
  const auto name = [outcome] {
    switch (outcome) {
      case virtualrm::ForeignOutcome::kGone:
        return "gone";
      case virtualrm::ForeignOutcome::kNotLocked:
        return "not-locked";
      case virtualrm::ForeignOutcome::kLocked:
        return "locked";
      case virtualrm::ForeignOutcome::kBusy:
        return "busy";
      default:
        return "done";
    }
  };
  return Napi::String::New(info.Env(), name());
}

Dialect dialectOf(const virtualrm::Profile& profile) {
  Dialect dialect = platform::dialect();
  dialect.stateIsEnumeration = !profile.statusIsMask;
  dialect.rawProtocol = static_cast<std::uint32_t>(profile.rawProtocol);
  if (profile.attributeLimit != 0) dialect.attributeCapacity = profile.attributeLimit;
  return dialect;
}

}  // namespace

SubsystemWrap::SubsystemWrap(virtualrm::ManagerOptions options)
    : manager_(std::make_shared<virtualrm::ResourceManager>(options)) {
  Api api;
  manager_->fill(api);
  library_ = Library::fromTable(api, dialectOf(manager_->profile()), manager_);
}

Napi::Function SubsystemWrap::define(Napi::Env env) {
  using S = SubsystemWrap;
  return defineClass(
      env, kName, &S::construct,
      {method<S, &S::addReader>("addReader"), method<S, &S::removeReader>("removeReader"),
       method<S, &S::readers>("readers"), method<S, &S::snapshot>("snapshot"),
       method<S, &S::insertCard>("insertCard"), method<S, &S::removeCard>("removeCard"),
       method<S, &S::stopService>("stopService"), method<S, &S::startService>("startService"),
       method<S, &S::addFault>("addFault"), method<S, &S::clearFaults>("clearFaults"),
       method<S, &S::connectForeign>("connectForeign"), method<S, &S::lockForeign>("lockForeign"),
       method<S, &S::unlockForeign>("unlockForeign"),
       method<S, &S::disconnectForeign>("disconnectForeign"),
       method<S, &S::queuePinEntry>("queuePinEntry"), method<S, &S::setAttribute>("setAttribute"),
       method<S, &S::statistics>("statistics")});
}

napi_value SubsystemWrap::construct(napi_env env, napi_callback_info raw) {
  return guarded(env, [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    if (!info.IsConstructCall()) {
      throw Napi::TypeError::New(env, "VirtualSubsystem is a constructor");
    }
    virtualrm::ManagerOptions options;
    if (toString(info, 0) == "windows") options.profile = virtualrm::Profile::windows();
    wrap(info.This().As<Napi::Object>(),
         std::unique_ptr<SubsystemWrap>(new SubsystemWrap(options)));
    return info.This();
  });
}

Napi::Value SubsystemWrap::addReader(const Napi::CallbackInfo& info) {
  return flag(info, manager_->addReader(readerOptions(objectAt(info, 0))));
}

Napi::Value SubsystemWrap::removeReader(const Napi::CallbackInfo& info) {
  return flag(info, manager_->removeReader(toString(info, 0)));
}

Napi::Value SubsystemWrap::readers(const Napi::CallbackInfo& info) {
  return toJsStrings(info.Env(), manager_->readers());
}

Napi::Value SubsystemWrap::snapshot(const Napi::CallbackInfo& info) {
  const virtualrm::ReaderSnapshot state = manager_->snapshot(toString(info, 0));
  const Napi::Env env = info.Env();
  auto object = Napi::Object::New(env);
  object.Set("attached", flag(info, state.attached));
  object.Set("cardPresent", flag(info, state.cardPresent));
  object.Set("powered", flag(info, state.powered));
  object.Set("mute", flag(info, state.mute));
  object.Set("exclusive", flag(info, state.exclusive));
  object.Set("locked", flag(info, state.locked));
  object.Set("busy", flag(info, state.busy));
  object.Set("connections", Napi::Number::New(env, static_cast<double>(state.connections)));
  object.Set("eventCount", Napi::Number::New(env, state.eventCount));
  object.Set("transmitCount", Napi::Number::New(env, state.transmitCount));
  object.Set("atr", toUint8Array(env, state.atr));
  return object;
}

Napi::Value SubsystemWrap::insertCard(const Napi::CallbackInfo& info) {
  const std::string reader = toString(info, 0);
  return flag(info, manager_->insertCard(reader, deviceAt(info, 1)));
}

Napi::Value SubsystemWrap::removeCard(const Napi::CallbackInfo& info) {
  return flag(info, manager_->removeCard(toString(info, 0)) != nullptr);
}

Napi::Value SubsystemWrap::stopService(const Napi::CallbackInfo& info) {
  manager_->stopService();
  return info.Env().Undefined();
}

Napi::Value SubsystemWrap::startService(const Napi::CallbackInfo& info) {
  manager_->startService();
  return info.Env().Undefined();
}

Napi::Value SubsystemWrap::addFault(const Napi::CallbackInfo& info) {
  return flag(info, manager_->addFault(toString(info, 0), faultAt(info, 1)));
}

Napi::Value SubsystemWrap::clearFaults(const Napi::CallbackInfo& info) {
  return flag(info, manager_->clearFaults(toString(info, 0)));
}

Napi::Value SubsystemWrap::connectForeign(const Napi::CallbackInfo& info) {
  const auto id = manager_->connectForeign(toString(info, 0), info[1].ToBoolean());
  return Napi::Number::New(info.Env(), static_cast<double>(id));
}

Napi::Value SubsystemWrap::lockForeign(const Napi::CallbackInfo& info) {
  return foreignOutcome(info, manager_->lockForeign(foreignId(info)));
}

Napi::Value SubsystemWrap::unlockForeign(const Napi::CallbackInfo& info) {
  return foreignOutcome(info, manager_->unlockForeign(foreignId(info), toUint32(info, 1)));
}

Napi::Value SubsystemWrap::disconnectForeign(const Napi::CallbackInfo& info) {
  return foreignOutcome(info, manager_->disconnectForeign(foreignId(info), toUint32(info, 1)));
}

Napi::Value SubsystemWrap::queuePinEntry(const Napi::CallbackInfo& info) {
  const Napi::Object object = objectAt(info, 1);
  std::string action;
  PinEntry entry;
  readText(object, "action", action);
  readText(object, "digits", entry.digits);
  entry.action = pinAction(action);
  return flag(info, manager_->queuePinEntry(toString(info, 0), std::move(entry)));
}

Napi::Value SubsystemWrap::setAttribute(const Napi::CallbackInfo& info) {
  return flag(info, manager_->setAttribute(toString(info, 0), toUint32(info, 1), toBytes(info, 2)));
}

Napi::Value SubsystemWrap::statistics(const Napi::CallbackInfo& info) {
  const virtualrm::ManagerStatistics counts = manager_->statistics();
  auto object = Napi::Object::New(info.Env());
  const auto set = [&](const char* key, std::size_t value) {
    object.Set(key, Napi::Number::New(info.Env(), static_cast<double>(value)));
  };
  set("readers", counts.readers);
  set("contexts", counts.contexts);
  set("connections", counts.connections);
  set("waits", counts.waits);
  set("calls", counts.calls);
  return object;
}

}  // namespace scard::binding
