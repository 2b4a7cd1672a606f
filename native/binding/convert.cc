#include "binding/convert.h"

#include <cstring>
#include <utility>

#include "binding/card_wrap.h"
#include "binding/context_wrap.h"
#include "binding/file_lock_wrap.h"
#include "binding/framing.h"
#include "binding/host.h"
#include "core/guid.h"

namespace scard::binding {

namespace {

[[noreturn]] void refuse(const Napi::CallbackInfo& info, std::size_t index, const char* expected) {
  throw Napi::TypeError::New(info.Env(),
                             "argument " + std::to_string(index) + " must be " + expected);
}

std::uint32_t uint32Of(const Napi::CallbackInfo& info, std::size_t index,
                       const Napi::Value& value) {
  if (!value.IsNumber()) refuse(info, index, "an unsigned 32-bit integer");
  const double number = value.As<Napi::Number>().DoubleValue();
  const auto integer = static_cast<std::uint32_t>(number >= 0 && number <= 0xFFFFFFFF ? number : 0);
  if (static_cast<double>(integer) != number) refuse(info, index, "an unsigned 32-bit integer");
  return integer;
}

Napi::Array arrayOf(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsArray()) refuse(info, index, "an array");
  return info[index].As<Napi::Array>();
}

std::vector<std::uint8_t> bytesOf(const Napi::CallbackInfo& info, std::size_t index,
                                  const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    refuse(info, index, "a Uint8Array");
  }
  const auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.Data() + array.ElementLength()};
}

abi::Guid guidOf(const Napi::CallbackInfo& info, std::size_t index, const std::string& text) {
  const auto guid = parseGuid(text);
  if (!guid.has_value()) refuse(info, index, "a GUID in braces");
  return *guid;
}

Napi::Array reportsOf(Napi::Env env, const std::vector<ReaderReport>& reports) {
  auto array = Napi::Array::New(env, reports.size());
  for (std::uint32_t i = 0; i < reports.size(); ++i) {
    auto state = Napi::Object::New(env);
    state.Set("reader", Napi::String::New(env, reports[i].reader));
    state.Set("eventState", Napi::Number::New(env, reports[i].eventState));
    state.Set("atr", toUint8Array(env, reports[i].atr));
    array.Set(i, state);
  }
  return array;
}

Napi::Object statusOf(Napi::Env env, const CardStatus& status) {
  auto object = Napi::Object::New(env);
  object.Set("readers", toJsStrings(env, status.readers));
  object.Set("state", Napi::Number::New(env, status.state));
  object.Set("rawState", Napi::Number::New(env, status.rawState));
  object.Set("protocol", Napi::Number::New(env, status.protocol));
  object.Set("atr", toUint8Array(env, status.atr));
  return object;
}

const char* reasonName(Reason reason) {
  switch (reason) {
    case Reason::kClosed:
      return "closed";
    case Reason::kLibraryMissing:
      return "library-missing";
    case Reason::kFunctionMissing:
      return "function-missing";
    case Reason::kTransactionEnded:
      return "transaction-ended";
    case Reason::kInTransaction:
      return "in-transaction";
    case Reason::kNoThread:
      return "no-thread";
    case Reason::kBusy:
      return "busy";
    case Reason::kPcsc:
      break;
  }
  return nullptr;
}

// One overload per alternative of Value.
struct Converter {
  Napi::Env env;
  const std::shared_ptr<Host>& host;

  Napi::Value operator()(std::monostate) const { return env.Undefined(); }
  Napi::Value operator()(bool value) const { return Napi::Boolean::New(env, value); }
  Napi::Value operator()(std::uint32_t value) const { return Napi::Number::New(env, value); }
  Napi::Value operator()(const std::string& value) const { return Napi::String::New(env, value); }
  Napi::Value operator()(const std::vector<std::uint8_t>& value) const {
    return toUint8Array(env, value);
  }
  Napi::Value operator()(const std::vector<std::string>& value) const {
    return toJsStrings(env, value);
  }
  Napi::Value operator()(const std::vector<ReaderReport>& value) const {
    return reportsOf(env, value);
  }
  Napi::Value operator()(const CardStatus& value) const { return statusOf(env, value); }
  Napi::Value operator()(const ResponseBytes& value) const {
    return toUint8Array(env, value.bytes());
  }
  Napi::Value operator()(Owner<ContextSession>& value) const {
    return ContextWrap::create(env, host, std::move(value));
  }
  Napi::Value operator()(Owner<FileLockSession>& value) const {
    return FileLockWrap::create(env, std::move(value));
  }
  Napi::Value operator()(Connection& value) const {
    auto object = Napi::Object::New(env);
    CardWrap::create(object, host, std::move(value.card));
    object.Set("protocol", Napi::Number::New(env, value.protocol));
    return object;
  }
};

}  // namespace

std::uint32_t toUint32(const Napi::CallbackInfo& info, std::size_t index) {
  return uint32Of(info, index, info[index]);
}

OperationId toOperationId(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsNumber()) refuse(info, index, "a number");
  return static_cast<OperationId>(info[index].As<Napi::Number>().Int64Value());
}

std::string toString(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsString()) refuse(info, index, "a string");
  return info[index].As<Napi::String>().Utf8Value();
}

std::optional<std::string> toOptionalString(const Napi::CallbackInfo& info, std::size_t index) {
  if (info[index].IsUndefined()) return std::nullopt;
  return toString(info, index);
}

std::vector<std::string> toStrings(const Napi::CallbackInfo& info, std::size_t index) {
  const Napi::Array array = arrayOf(info, index);
  std::vector<std::string> strings;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array[i];
    if (!item.IsString()) refuse(info, index, "an array of strings");
    strings.push_back(item.As<Napi::String>().Utf8Value());
  }
  return strings;
}

std::vector<std::uint32_t> toUint32s(const Napi::CallbackInfo& info, std::size_t index) {
  const Napi::Array array = arrayOf(info, index);
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array[i];
    numbers.push_back(uint32Of(info, index, item));
  }
  return numbers;
}

std::vector<std::uint8_t> toBytes(const Napi::CallbackInfo& info, std::size_t index) {
  return bytesOf(info, index, info[index]);
}

std::vector<std::uint8_t> toOptionalBytes(const Napi::CallbackInfo& info, std::size_t index) {
  if (info[index].IsUndefined()) return {};
  return toBytes(info, index);
}

std::vector<std::vector<std::uint8_t>> toByteArrays(const Napi::CallbackInfo& info,
                                                    std::size_t index) {
  const Napi::Array array = arrayOf(info, index);
  std::vector<std::vector<std::uint8_t>> all;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array[i];
    all.push_back(bytesOf(info, index, item));
  }
  return all;
}

abi::Guid toGuid(const Napi::CallbackInfo& info, std::size_t index) {
  return guidOf(info, index, toString(info, index));
}

std::optional<abi::Guid> toOptionalGuid(const Napi::CallbackInfo& info, std::size_t index) {
  if (info[index].IsUndefined()) return std::nullopt;
  return toGuid(info, index);
}

std::vector<abi::Guid> toGuids(const Napi::CallbackInfo& info, std::size_t index) {
  std::vector<abi::Guid> guids;
  for (const std::string& text : toStrings(info, index)) {
    guids.push_back(guidOf(info, index, text));
  }
  return guids;
}

std::vector<ReaderQuery> toReaderQueries(const Napi::CallbackInfo& info, std::size_t index) {
  std::vector<std::string> names = toStrings(info, index);
  const std::vector<std::uint32_t> states = toUint32s(info, index + 1);
  if (names.size() != states.size()) {
    throw Napi::TypeError::New(info.Env(), "readers and currentStates must be of one length");
  }
  std::vector<ReaderQuery> readers;
  readers.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    readers.push_back({std::move(names[i]), states[i]});
  }
  return readers;
}

Napi::Uint8Array toUint8Array(Napi::Env env, std::span<const std::uint8_t> bytes) {
  auto buffer = Napi::ArrayBuffer::New(env, bytes.size());
  if (!bytes.empty()) std::memcpy(buffer.Data(), bytes.data(), bytes.size());
  return Napi::Uint8Array::New(env, bytes.size(), buffer, 0);
}

Napi::Array toJsStrings(Napi::Env env, const std::vector<std::string>& strings) {
  auto array = Napi::Array::New(env, strings.size());
  for (std::uint32_t i = 0; i < strings.size(); ++i) {
    array.Set(i, Napi::String::New(env, strings[i]));
  }
  return array;
}

Napi::Value toFailure(Napi::Env env, const Error& error) {
  auto failure = Napi::Object::New(env);
  failure.Set("call", Napi::String::New(env, error.call));
  failure.Set("value", Napi::Number::New(env, error.value));
  if (const char* reason = reasonName(error.reason)) {
    failure.Set("reason", Napi::String::New(env, reason));
  }
  if (error.reason == Reason::kLibraryMissing) {
    auto tried = Napi::Array::New(env, error.tried.size());
    for (std::uint32_t i = 0; i < error.tried.size(); ++i) {
      auto attempt = Napi::Object::New(env);
      attempt.Set("path", Napi::String::New(env, error.tried[i].path));
      attempt.Set("message", Napi::String::New(env, error.tried[i].message));
      tried.Set(i, attempt);
    }
    failure.Set("tried", tried);
  }
  return failure;
}

Napi::Value toJs(Napi::Env env, const std::shared_ptr<Host>& host, Value value) {
  return std::visit(Converter{env, host}, value);
}

}  // namespace scard::binding
