#include "binding/hand_off.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "binding/convert.h"
#include "binding/framing.h"
#include "binding/hand_off_layout.h"
#include "binding/host.h"
#include "binding/wrap.h"
#include "core/apdu_command.h"

namespace scard::binding {

namespace {

/// Overwrites a command at the end of its call: it may hold a PIN.
class WipedAfter {
 public:
  explicit WipedAfter(std::span<std::uint8_t> command) : command_(command) {}
  WipedAfter(const WipedAfter&) = delete;
  WipedAfter& operator=(const WipedAfter&) = delete;
  ~WipedAfter() { overwrite(command_); }

 private:
  std::span<std::uint8_t> command_;
};

/// The largest number for what is none.
std::uint32_t indexOf(napi_env env, napi_value value) {
  std::uint32_t index = std::numeric_limits<std::uint32_t>::max();
  napi_get_value_uint32(env, value, &index);
  return index;
}

napi_value number(napi_env env, std::int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

}  // namespace

HandOff::HandOff(Host& host, std::shared_ptr<JsSink> sink) : host_(host), sink_(std::move(sink)) {}

template <napi_value (HandOff::*Body)(napi_env, const HandOff::Arguments&)>
napi_value HandOff::call(napi_env env, napi_callback_info info) {
  Arguments arguments{};
  std::size_t count = arguments.size();
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, arguments.data(), nullptr, &data);
  HandOff& self = (*static_cast<std::shared_ptr<Host>*>(data))->handOff();
  return guarded(env, [&] { return (self.*Body)(env, arguments); });
}

template <napi_value (HandOff::*Body)(napi_env, const HandOff::Arguments&)>
napi_property_descriptor HandOff::method(const char* name, std::shared_ptr<Host>* host) {
  return {name, nullptr, &HandOff::call<Body>, nullptr, nullptr, nullptr, napi_enumerable, host};
}

Napi::Object HandOff::object(Napi::Env env, const std::shared_ptr<Host>& host) {
  auto request = Napi::ArrayBuffer::New(env, kCommandAt + kLongestCommand);
  auto reply = Napi::ArrayBuffer::New(env, kReplyBytes);
  requestBuffer_ = Napi::Reference<Napi::ArrayBuffer>::New(request, 1);
  replyBuffer_ = Napi::Reference<Napi::ArrayBuffer>::New(reply, 1);
  request_ = static_cast<std::uint8_t*>(request.Data());
  reply_ = static_cast<std::uint8_t*>(reply.Data());
  auto object = Napi::Object::New(env);
  auto share = std::make_unique<std::shared_ptr<Host>>(host);
  const napi_property_descriptor methods[] = {
      method<&HandOff::submit>("submit", share.get()),
      method<&HandOff::submitFramed>("submitFramed", share.get()),
      method<&HandOff::submitScript>("submitScript", share.get()),
      method<&HandOff::addScript>("addScript", share.get()),
      method<&HandOff::removeScript>("removeScript", share.get()),
      method<&HandOff::exchange>("exchange", share.get()),
      method<&HandOff::take>("take", share.get()),
      method<&HandOff::cancel>("cancel", share.get()),
      method<&HandOff::stopScript>("stopScript", share.get()),
      method<&HandOff::scriptProgress>("scriptProgress", share.get()),
  };
  if (napi_define_properties(env, object, std::size(methods), methods) != napi_ok) {
    throw Napi::Error::New(env);
  }
  object.Set("request", request);
  object.Set("reply", reply);
  // The functions are kept by the object alone, and the object by its user, the facade.
  const auto release = [](napi_env, void* data, void*) {
    delete static_cast<std::shared_ptr<Host>*>(data);
  };
  if (napi_wrap(env, object, share.get(), release, nullptr, nullptr) != napi_ok) {
    throw Napi::Error::New(env);
  }
  share.release();
  return object;
}

std::uint32_t HandOff::add(CardSession& card) {
  if (freeNumbers_.empty()) {
    cards_.push_back({&card, 0});
    return static_cast<std::uint32_t>(cards_.size() - 1);
  }
  const std::uint32_t number = freeNumbers_.back();
  freeNumbers_.pop_back();
  cards_[number] = {&card, 0};
  return number;
}

void HandOff::remove(std::uint32_t number) {
  cards_[number].session = nullptr;
  if (cards_[number].pending == 0) freeNumbers_.push_back(number);
}

void HandOff::close() {
  looking_ = false;
  batch_.clear();
  passed_ = 0;
  exchanges_.clear();
  scripts_.clear();
  requestBuffer_.Reset();
  replyBuffer_.Reset();
  request_ = nullptr;
  reply_ = nullptr;
}

CardSession* HandOff::cardOfRequest() const {
  if (request_ == nullptr) return nullptr;
  const auto number = static_cast<std::size_t>(loadField(request_, kCard));
  return number < cards_.size() ? cards_[number].session : nullptr;
}

std::span<std::uint8_t> HandOff::command() const {
  if (request_ == nullptr) return {};
  const auto length = static_cast<std::size_t>(loadField(request_, kLength));
  return {request_ + kCommandAt, std::min(length, kLongestCommand)};
}

bool HandOff::waitsAwake(const CardSession& card, Exchange& exchange) {
  exchange.since.reset();
  const CardEntry& entry = cards_[exchange.card];
  const ApduScript* const script = exchange.framed == nullptr ? nullptr : exchange.framed->script();
  // Slow cards are worth it when there are so many that one of them answers soon.
  const bool soon = script != nullptr ? card.brief(static_cast<std::uint32_t>(script->size()))
                                      : card.briefAmong(busy_ + (entry.pending == 0 ? 1 : 0));
  if (!soon) return false;
  const auto now = Clock::now();
  // Behind another one of its card it would wait for that.
  if (entry.pending == 0) exchange.since = now;
  return waitingPays(now);
}

bool HandOff::waitingPays(Clock::time_point now) {
  const bool awake = judge_.awake(now);
  host_.runtime()->spinPermits()->setPays(awake);
  return awake;
}

bool HandOff::addAwake() {
  ++awake_;
  if (looking_) return false;
  startLooking();
  return true;
}

FramingOptions HandOff::framing(napi_env env) const {
  const auto field = [this](std::size_t place) {
    return static_cast<std::uint32_t>(loadField(request_, place));
  };
  return toFraming(env, field(kFlags), field(kMaxLength), field(kMaxCommand));
}

napi_value HandOff::submit(napi_env env, const Arguments&) {
  const WipedAfter wiped(command());
  CardSession* const card = cardOfRequest();
  if (card == nullptr) return number(env, -1);
  auto exchange = exchanges_.fresh();
  exchange->prepare(command(), static_cast<std::uint32_t>(loadField(request_, kProtocol)));
  return queue(env, *card, std::move(exchange));
}

napi_value HandOff::submitFramed(napi_env env, const Arguments&) {
  const WipedAfter wiped(command());
  CardSession* const card = cardOfRequest();
  if (card == nullptr) return number(env, -1);
  if (!parseApdu(command()).has_value()) {
    throw Napi::TypeError::New(env, "the command must be a well-formed command APDU");
  }
  auto exchange = exchanges_.freshFramed();
  exchange->framed->prepare(framing(env), nullptr);
  exchange->prepare(command(), 0);
  return queue(env, *card, std::move(exchange));
}

napi_value HandOff::addScript(napi_env env, const Arguments& given) {
  const std::uint32_t added = scripts_.add(toScript({env, given[0]}, {env, given[1]}));
  return number(env, static_cast<std::int32_t>(added));
}

napi_value HandOff::removeScript(napi_env env, const Arguments& given) {
  scripts_.remove(indexOf(env, given[0]));
  return nullptr;
}

napi_value HandOff::submitScript(napi_env env, const Arguments&) {
  CardSession* const card = cardOfRequest();
  if (card == nullptr) return number(env, -1);
  auto script = scripts_.find(static_cast<std::uint32_t>(loadField(request_, kScript)));
  if (script == nullptr) throw Napi::TypeError::New(env, "there is no such script");
  auto exchange = exchanges_.freshFramed();
  exchange->framed->prepare(framing(env), std::move(script));
  exchange->prepare({}, 0);
  return queue(env, *card, std::move(exchange));
}

napi_value HandOff::queue(napi_env env, CardSession& card, std::unique_ptr<Exchange> exchange) {
  exchanges_.begin(*exchange);
  exchange->card = static_cast<std::uint32_t>(loadField(request_, kCard));
  exchange->awake = waitsAwake(card, *exchange);
  startCounting(*exchange);
  const auto token = static_cast<std::int32_t>(exchange->token);
  const bool look = exchange->awake && addAwake();
  card.submit(static_cast<Lane>(loadField(request_, kLane)), std::move(exchange));
  return number(env, token * 2 + (look ? 1 : 0));
}

napi_value HandOff::exchange(napi_env env, const Arguments&) {
  const WipedAfter wiped(command());
  CardSession* const card = cardOfRequest();
  if (card == nullptr) return number(env, -1);
  const auto length = card->transmitNow(static_cast<Lane>(loadField(request_, kLane)), command(),
                                        static_cast<std::uint32_t>(loadField(request_, kProtocol)),
                                        {reply_ + kExchangeAt, kResponseCapacity});
  if (!length.ok()) return toFailure(env, length.error());
  return number(env, static_cast<std::int32_t>(length.value()));
}

napi_value HandOff::cancel(napi_env env, const Arguments& token) {
  if (Exchange* const exchange = exchanges_.find(indexOf(env, token[0]))) {
    exchange->abandon();
    stopCounting(*exchange);
  }
  return nullptr;
}

napi_value HandOff::stopScript(napi_env env, const Arguments& token) {
  Exchange* const exchange = exchanges_.find(indexOf(env, token[0]));
  if (exchange != nullptr && exchange->framed != nullptr) exchange->framed->stop();
  return nullptr;
}

napi_value HandOff::scriptProgress(napi_env env, const Arguments& token) {
  const Exchange* const exchange = exchanges_.find(indexOf(env, token[0]));
  const bool known = exchange != nullptr && exchange->framed != nullptr;
  return number(env, known ? static_cast<std::int32_t>(exchange->framed->done()) : 0);
}

void HandOff::startCounting(Exchange& exchange) {
  exchange.counts = true;
  ++pending_;
  if (cards_[exchange.card].pending++ == 0) ++busy_;
  host_.countKeeping(true);
}

void HandOff::stopCounting(Exchange& exchange) {
  if (!std::exchange(exchange.counts, false)) return;
  --pending_;
  CardEntry& entry = cards_[exchange.card];
  if (--entry.pending == 0) {
    --busy_;
    if (entry.session == nullptr) freeNumbers_.push_back(exchange.card);
  }
  host_.countKeeping(false);
  if (exchange.awake) --awake_;
}

napi_value HandOff::take(napi_env env, const Arguments& values) {
  // Not before: the facade may make calls while it passes answers on, and knows these still.
  exchanges_.reuseTokens();
  if (passed_ == batch_.size() && sink_->filled()) {
    sink_->take(batch_);
    passed_ = 0;
  }
  replyUsed_ = 0;
  valuesUsed_ = 0;
  std::uint32_t count = 0;
  while (reply_ != nullptr && passed_ < batch_.size() && count < kMostFinished) {
    Finished& finished = batch_[passed_++];
    storeField(reply_, std::size_t{count} * 2 + 1, put(env, finished, count, values[0]));
    ++count;
  }
  // What came while an earlier batch was passed on may have spent its wake on that.
  const bool more = passed_ < batch_.size() || goOnLooking(count > 0) || sink_->filled();
  return number(env, static_cast<std::int32_t>(count * 2 + (more ? 1U : 0U)));
}

std::int32_t HandOff::put(napi_env env, Finished& finished, std::uint32_t index,
                          napi_value values) {
  if (auto* exchange = std::get_if<std::unique_ptr<Exchange>>(&finished)) {
    storeField(reply_, std::size_t{index} * 2, static_cast<std::int32_t>((*exchange)->token));
    return putExchange(env, std::move(*exchange), values);
  }
  storeField(reply_, std::size_t{index} * 2, kOperation);
  auto& completion = std::get<Completion>(finished);
  host_.forget(completion.id);
  append(env, values, Napi::Number::New(env, static_cast<double>(completion.id)));
  if (const auto* error = std::get_if<Error>(&completion.outcome)) {
    append(env, values, toFailure(env, *error));
    append(env, values, Napi::Env(env).Undefined());
  } else {
    append(env, values, Napi::Env(env).Null());
    append(env, values,
           toJs(env, host_.shared_from_this(), std::get<Value>(std::move(completion.outcome))));
  }
  return 0;
}

std::int32_t HandOff::putExchange(napi_env env, std::unique_ptr<Exchange> done, napi_value values) {
  exchanges_.end(*done);
  stopCounting(*done);
  if (done->since.has_value()) {
    const auto now = Clock::now();
    judge_.note(done->awake, now - *done->since - done->taken(), now);
  }
  std::int32_t length = 0;
  if (done->failure().has_value()) {
    append(env, values, toFailure(env, *done->failure()));
    length = kFailed;
  } else {
    length = putAnswer(env, *done, values);
  }
  exchanges_.giveBack(std::move(done));
  return length;
}

std::int32_t HandOff::putAnswer(napi_env env, const Exchange& done, napi_value values) {
  const auto response = done.response();
  if (done.framed != nullptr && done.framed->script() != nullptr) {
    append(env, values, scriptOf(env, done.framed->outcome));
  } else if (done.framed != nullptr && done.framed->result.end != ExchangeEnd::kAnswered) {
    append(env, values, brokenOf(env, done.framed->result, response));
  } else if (done.responseIsShort()) {
    std::memcpy(reply_ + kBytesAt + replyUsed_, response.data(), response.size());
    replyUsed_ += response.size();
    return static_cast<std::int32_t>(response.size());
  } else {
    append(env, values, toUint8Array(env, response));
  }
  return kOtherAnswer;
}

void HandOff::append(napi_env env, napi_value values, napi_value value) {
  napi_set_element(env, values, valuesUsed_++, value);
}

void HandOff::startLooking() {
  looking_ = true;
  lookUntil_ = {};
  sink_->setLooking(true);
}

bool HandOff::goOnLooking(bool found) {
  if (!looking_) return false;
  if (awake_ > 0) {
    const auto now = Clock::now();
    if (found || lookUntil_ == Clock::time_point()) lookUntil_ = now + 2 * Pace::kBrief;
    if (now < lookUntil_) return true;
  }
  looking_ = false;
  sink_->setLooking(false);
  return false;
}

}  // namespace scard::binding
