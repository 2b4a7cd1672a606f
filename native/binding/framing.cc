#include "binding/framing.h"

#include "binding/convert.h"
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

Napi::Value brokenOf(Napi::Env env, const BrokenExchange& broken) {
  const ExchangeResult& result = broken.result;
  auto object = Napi::Object::New(env);
  object.Set("problem", Napi::String::New(env, endName(result.end)));
  if (result.end == ExchangeEnd::kFailed) object.Set("failure", toFailure(env, result.error));
  object.Set("received", toUint8Array(env, broken.received.bytes()));
  object.Set("exchanges", Napi::Number::New(env, result.exchanges));
  return object;
}

}  // namespace scard::binding
