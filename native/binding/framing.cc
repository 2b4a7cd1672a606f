#include "binding/framing.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "binding/convert.h"
#include "binding/wrap.h"
#include "core/apdu_command.h"

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

/// A script that was parsed stays with the array of its commands, for the next run.
struct KeptScript {
  static constexpr napi_type_tag kTag{0x5ca4d0000000000c, 0x6e1d29c7f0b34a58};
  std::shared_ptr<const ApduScript> script;
};

/// Null for an array that was not run yet, and for what is none.
std::shared_ptr<const ApduScript> keptScript(const Napi::Value& commands) {
  if (!commands.IsTypedArray()) return nullptr;
  const auto array = commands.As<Napi::Object>();
  void* kept = nullptr;
  if (!array.CheckTypeTag(&KeptScript::kTag) ||
      napi_unwrap(commands.Env(), array, &kept) != napi_ok)
    return nullptr;
  return static_cast<KeptScript*>(kept)->script;
}

/// Of an array that a script was kept with, which took it for bytes.
std::span<const std::uint8_t> commandsOf(const Napi::Value& commands) {
  const auto bytes = commands.As<Napi::Uint8Array>();
  return {bytes.Data(), bytes.ByteLength()};
}

/// A choice of three; 3 is none.
std::uint32_t choiceAt(const Napi::CallbackInfo& info, std::uint32_t flags, unsigned bit,
                       std::uint32_t most) {
  const std::uint32_t choice = (flags >> bit) & 3U;
  if (choice > most) throw Napi::TypeError::New(info.Env(), "unknown framing");
  return choice;
}

}  // namespace

std::vector<std::uint8_t> toApdu(const Napi::CallbackInfo& info, std::size_t index) {
  auto bytes = toBytes(info, index);
  if (!parseApdu(bytes).has_value()) {
    throw Napi::TypeError::New(
        info.Env(), "argument " + std::to_string(index) + " must be a well-formed command APDU");
  }
  return bytes;
}

std::shared_ptr<const ApduScript> toScript(const Napi::CallbackInfo& info, std::size_t index) {
  const Napi::Env env = info.Env();
  const Napi::Value planned = info[index + 1];
  if (!planned.IsTypedArray() ||
      planned.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array)
    throw Napi::TypeError::New(env, "a script's plan must be a Uint32Array");
  const auto words = planned.As<Napi::Uint32Array>();
  const std::span<const std::uint32_t> plan(words.Data(), words.ElementLength());
  const auto kept = keptScript(info[index]);
  const bool known = kept != nullptr && kept->isMadeOf(commandsOf(info[index]), plan);
  if (known) return kept;
  auto script = ApduScript::parse(toBytes(info, index), {plan.begin(), plan.end()});
  if (script == nullptr) throw Napi::TypeError::New(env, "a script must be well-formed");
  if (kept == nullptr) {
    wrap(info[index].As<Napi::Object>(), std::make_unique<KeptScript>(KeptScript{script}));
  }
  return script;
}

FramingOptions toFraming(const Napi::CallbackInfo& info, std::size_t index) {
  const std::uint32_t flags = toUint32(info, index);
  const auto flag = [flags](unsigned bit) { return ((flags >> bit) & 1U) != 0; };
  FramingOptions options;
  options.longCommands = static_cast<LongCommands>(choiceAt(info, flags, 0, 3));
  options.getResponse = static_cast<GetResponse>(choiceAt(info, flags, 2, 2));
  options.repeatWithExactLe = !flag(4);
  options.wrongLengthIsExactLe = flag(5);
  options.sw9fIsMoreData = flag(6);
  options.transaction = flag(7);
  if (flag(8)) options.alternateClass = static_cast<std::uint8_t>(flags >> 16U);
  options.maxLength = toUint32(info, index + 1);
  options.maxCommand = toUint32(info, index + 2);
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

Napi::Object brokenOf(Napi::Env env, const ExchangeResult& result,
                      std::span<const std::uint8_t> received) {
  auto object = Napi::Object::New(env);
  object.Set("problem", Napi::String::New(env, endName(result.end)));
  if (result.end == ExchangeEnd::kFailed) object.Set("failure", toFailure(env, result.error));
  object.Set("received", toUint8Array(env, received));
  object.Set("exchanges", Napi::Number::New(env, result.exchanges));
  return object;
}

}  // namespace

Napi::Value brokenOf(Napi::Env env, const BrokenExchange& broken) {
  return brokenOf(env, broken.result, broken.received.bytes());
}

Napi::Value scriptOf(Napi::Env env, const ScriptOutcome& outcome) {
  const auto& ends = outcome.ends;
  const std::size_t answered = ends.empty() ? 0 : ends.back();
  const auto bytes = outcome.answers.bytes();
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
