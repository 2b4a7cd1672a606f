// Classes of the addon: C++ objects behind JavaScript ones, with a type tag, so that a method
// borrowed onto another object is refused instead of reading foreign memory.
#pragma once

#include <napi.h>

#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace scard::binding {

/// Per-environment references to the addon's classes.
struct Classes {
  Napi::FunctionReference context;
  Napi::FunctionReference card;
  Napi::FunctionReference fileLock;
  /// What the constructor that runs next shall wrap; null when JavaScript called it by itself.
  void* constructing = nullptr;
};

inline Classes& classes(Napi::Env env) { return *env.GetInstanceData<Classes>(); }

/// Runs `body`, turning C++ exceptions into JavaScript ones.
template <typename Body>
napi_value guarded(napi_env env, const Body& body) {
  try {
    return body();
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

template <typename T>
T& unwrap(const Napi::Object& object) {
  void* wrapped = nullptr;
  if (!object.CheckTypeTag(&T::kTag) || napi_unwrap(object.Env(), object, &wrapped) != napi_ok) {
    throw Napi::TypeError::New(object.Env(), std::string("this is not a ") + T::kName);
  }
  return *static_cast<T*>(wrapped);
}

template <typename T>
void wrap(Napi::Object object, std::unique_ptr<T> value) {
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<T*>(data); };
  if (napi_wrap(object.Env(), object, value.get(), finalize, nullptr, nullptr) != napi_ok) {
    throw Napi::Error::New(object.Env());
  }
  value.release();
  object.TypeTag(&T::kTag);
}

/// One method of a class, for `defineClass`.
template <typename T, Napi::Value (T::*Body)(const Napi::CallbackInfo&)>
napi_property_descriptor method(const char* name) {
  const napi_callback call = [](napi_env env, napi_callback_info raw) -> napi_value {
    return guarded(env, [&]() -> napi_value {
      const Napi::CallbackInfo info(env, raw);
      if (!info.This().IsObject()) {
        throw Napi::TypeError::New(env, std::string("this is not a ") + T::kName);
      }
      return (unwrap<T>(info.This().template As<Napi::Object>()).*Body)(info);
    });
  };
  return {name, nullptr, call, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

inline Napi::Function defineClass(Napi::Env env, const char* name, napi_callback constructor,
                                  const std::vector<napi_property_descriptor>& methods) {
  napi_value result = nullptr;
  if (napi_define_class(env, name, NAPI_AUTO_LENGTH, constructor, nullptr, methods.size(),
                        methods.data(), &result) != napi_ok) {
    throw Napi::Error::New(env);
  }
  return Napi::Function(env, result);
}

/// The constructor of a class that only the addon makes objects of.
template <typename T>
napi_value constructInternally(napi_env env, napi_callback_info raw) {
  return guarded(env, [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    auto* value = static_cast<T*>(std::exchange(classes(env).constructing, nullptr));
    if (value == nullptr) {
      throw Napi::TypeError::New(env, std::string(T::kName) + " has no public constructor");
    }
    wrap(info.This().template As<Napi::Object>(), std::unique_ptr<T>(value));
    return info.This();
  });
}

/// A new JavaScript object around `value`.
template <typename T>
Napi::Object construct(Napi::Env env, const Napi::FunctionReference& type,
                       std::unique_ptr<T> value) {
  classes(env).constructing = value.release();
  return type.New({});
}

}  // namespace scard::binding
