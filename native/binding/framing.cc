#include "binding/framing.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "binding/convert.h"
#include "binding/wrap.h"

namespace scard::binding {

namespace {

const char* endName(ExchangeEnd end) {
  switch (end) {
    case ExchangeEnd::kFailed:
      return "failed";
    case ExchangeEnd::kIncomplete:
      return "incomplete";
    case ExchangeEnd::kTooLong:
      return "too-long";
    case ExchangeEnd::kEndless:
      return "endless";
    case ExchangeEnd::kCommandTooLong:
      return "command-too-long";
    case ExchangeEnd::kAlreadyChained:
      return "already-chained";
    case ExchangeEnd::kAnswered:
    case ExchangeEnd::kGivenUp:
      break;
  }
  return "given-up";
}

std::span<const std::uint8_t> commandsOf(const Napi::Value& commands) {
  if (!commands.IsTypedArray() ||
      commands.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw Napi::TypeError::New(commands.Env(), "a script's commands must be a Uint8Array");
  const auto bytes = commands.As<Napi::Uint8Array>();
  return {bytes.Data(), bytes.ByteLength()};
}

std::span<const std::uint32_t> planOf(const Napi::Value& plan) {
  if (!plan.IsTypedArray() || plan.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array)
    throw Napi::TypeError::New(plan.Env(), "a script's plan must be a Uint32Array");
  const auto words = plan.As<Napi::Uint32Array>();
  return {words.Data(), words.ElementLength()};
}

/// A choice of three; 3 is none.
std::uint32_t choiceOf(Napi::Env env, std::uint32_t flags, unsigned bit, std::uint32_t most) {
  const std::uint32_t choice = (flags >> bit) & 3U;
  if (choice > most) throw Napi::TypeError::New(env, "unknown framing");
  return choice;
}

}  // namespace

std::shared_ptr<const ApduScript> toScript(Napi::Value commands, Napi::Value planned) {
  const auto bytes = commandsOf(commands);
  const auto plan = planOf(planned);
  auto script = ApduScript::parse({bytes.begin(), bytes.end()}, {plan.begin(), plan.end()});
  if (script == nullptr) {
    throw Napi::TypeError::New(commands.Env(), "a script must be well-formed");
  }
  return script;
}

FramingOptions toFraming(Napi::Env env, std::uint32_t flags, std::uint32_t maxLength,
                         std::uint32_t maxCommand) {
  const auto flag = [flags](unsigned bit) { return ((flags >> bit) & 1U) != 0; };
  FramingOptions options;
  options.longCommands = static_cast<LongCommands>(choiceOf(env, flags, 0, 3));
  options.getResponse = static_cast<GetResponse>(choiceOf(env, flags, 2, 2));
  options.repeatWithExactLe = !flag(4);
  options.wrongLengthIsExactLe = flag(5);
  options.sw9fIsMoreData = flag(6);
  options.transaction = flag(7);
  if (flag(8)) options.alternateClass = static_cast<std::uint8_t>(flags >> 16U);
  options.maxLength = maxLength;
  options.maxCommand = maxCommand;
  return options;
}

namespace {

const char* scriptEndName(ScriptEnd end) {
  switch (end) {
    case ScriptEnd::kDone:
      return "done";
    case ScriptEnd::kStopped:
      return "stopped";
    case ScriptEnd::kAsked:
      return "asked";
    case ScriptEnd::kUnexpected:
      return "unexpected";
    case ScriptEnd::kBroken:
      break;
  }
  return "broken";
}

}  // namespace

Napi::Value brokenOf(Napi::Env env, const ExchangeResult& result,
                     std::span<const std::uint8_t> received) {
  auto object = Napi::Object::New(env);
  object.Set("problem", Napi::String::New(env, endName(result.end)));
  if (result.end == ExchangeEnd::kFailed) object.Set("failure", toFailure(env, result.error));
  object.Set("received", toUint8Array(env, received));
  object.Set("exchanges", Napi::Number::New(env, result.exchanges));
  return object;
}

Napi::Value scriptOf(Napi::Env env, const ScriptOutcome& outcome) {
  const auto& ends = outcome.ends;
  const std::size_t answered = ends.empty() ? 0 : ends.back();
  const auto bytes = outcome.answers();
  if (outcome.end == ScriptEnd::kDone) {
    // The usual case in one block: each object of Node-API takes as long as some steps.
    const std::size_t places = ends.size() * sizeof(ends[0]);
    auto block = Napi::ArrayBuffer::New(env, places + answered);
    auto* memory = static_cast<std::uint8_t*>(block.Data());
    std::memcpy(memory, ends.data(), places);
    std::copy_n(bytes.begin(), answered, memory + places);
    return block;
  }
  auto object = Napi::Object::New(env);
  object.Set("end", Napi::String::New(env, scriptEndName(outcome.end)));
  object.Set("answers", toUint8Array(env, bytes.first(answered)));
  auto places = Napi::Uint32Array::New(env, ends.size());
  std::copy(ends.begin(), ends.end(), places.Data());
  object.Set("ends", places);
  if (outcome.end == ScriptEnd::kBroken)
    object.Set("broken", brokenOf(env, outcome.broken, bytes.subspan(answered)));
  return object;
}

}  // namespace scard::binding
