// Properties of plain objects, for descriptions that have too many parts for positions. What is
// absent leaves the target as it is; lib/ has checked the rest.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace scard::binding {

template <typename Number>
void readNumber(const Napi::Object& object, const char* key, Number& target) {
  const Napi::Value value = object.Get(key);
  if (value.IsNumber()) target = static_cast<Number>(value.As<Napi::Number>().Int64Value());
}

inline void readText(const Napi::Object& object, const char* key, std::string& target) {
  const Napi::Value value = object.Get(key);
  if (value.IsString()) target = value.As<Napi::String>().Utf8Value();
}

inline void readFlag(const Napi::Object& object, const char* key, bool& target) {
  const Napi::Value value = object.Get(key);
  if (value.IsBoolean()) target = value.As<Napi::Boolean>().Value();
}

/// A copy.
inline void readBytes(const Napi::Object& object, const char* key,
                      std::vector<std::uint8_t>& target) {
  const Napi::Value value = object.Get(key);
  if (!value.IsTypedArray()) return;
  const auto bytes = value.As<Napi::TypedArray>();
  if (bytes.TypedArrayType() != napi_uint8_array) return;
  const auto view = value.As<Napi::Uint8Array>();
  target.assign(view.Data(), view.Data() + view.ByteLength());
}

/// Calls `read` with each object of an array.
template <typename Read>
void readEach(const Napi::Object& object, const char* key, const Read& read) {
  const Napi::Value value = object.Get(key);
  if (!value.IsArray()) return;
  const auto array = value.As<Napi::Array>();
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array.Get(i);
    if (item.IsObject()) read(item.As<Napi::Object>());
  }
}

inline Napi::Object objectAt(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsObject()) {
    throw Napi::TypeError::New(info.Env(),
                               "argument " + std::to_string(index) + " must be an object");
  }
  return info[index].As<Napi::Object>();
}

}  // namespace scard::binding
