#include "binding/card_wrap.h"

#include <utility>

#include "binding/convert.h"
#include "binding/wrap.h"

namespace scard::binding {

CardWrap::CardWrap(std::shared_ptr<Host> host, Owner<CardSession> session)
    : host_(std::move(host)),
      session_(std::move(session)),
      number_(host_->handOff().add(*session_)) {}

CardWrap::~CardWrap() { host_->handOff().remove(number_); }

Napi::Function CardWrap::define(Napi::Env env) {
  return defineClass(env, kName, &constructInternally<CardWrap>,
                     {method<CardWrap, &CardWrap::control>("control"),
                      method<CardWrap, &CardWrap::getAttrib>("getAttrib"),
                      method<CardWrap, &CardWrap::setAttrib>("setAttrib"),
                      method<CardWrap, &CardWrap::getTransmitCount>("getTransmitCount"),
                      method<CardWrap, &CardWrap::status>("status"),
                      method<CardWrap, &CardWrap::reconnect>("reconnect"),
                      method<CardWrap, &CardWrap::trace>("trace"),
                      method<CardWrap, &CardWrap::takeTrace>("takeTrace"),
                      method<CardWrap, &CardWrap::beginTransaction>("beginTransaction"),
                      method<CardWrap, &CardWrap::endTransaction>("endTransaction"),
                      method<CardWrap, &CardWrap::disconnect>("disconnect")});
}

void CardWrap::create(Napi::Object connection, const std::shared_ptr<Host>& host,
                      Owner<CardSession> session) {
  const Napi::Env env = connection.Env();
  std::unique_ptr<CardWrap> card(new CardWrap(host, std::move(session)));
  connection.Set("number", Napi::Number::New(env, card->number_));
  connection.Set("card", construct(env, classes(env).card, std::move(card)));
}

Napi::Value CardWrap::control(const Napi::CallbackInfo& info) {
  const Lane lane = toUint32(info, 0);
  const std::uint32_t code = toUint32(info, 1);
  auto input = toBytes(info, 2);
  const auto operation = host_->begin("SCardControl");
  session_->control(lane, code, std::move(input), operation);
  return host_->id(*operation);
}

Napi::Value CardWrap::getAttrib(const Napi::CallbackInfo& info) {
  const Lane lane = toUint32(info, 0);
  const std::uint32_t attribute = toUint32(info, 1);
  const auto operation = host_->begin("SCardGetAttrib");
  session_->getAttrib(lane, attribute, operation);
  return host_->id(*operation);
}

Napi::Value CardWrap::setAttrib(const Napi::CallbackInfo& info) {
  const Lane lane = toUint32(info, 0);
  const std::uint32_t attribute = toUint32(info, 1);
  auto value = toBytes(info, 2);
  const auto operation = host_->begin("SCardSetAttrib");
  session_->setAttrib(lane, attribute, std::move(value), operation);
  return host_->id(*operation);
}

Napi::Value CardWrap::getTransmitCount(const Napi::CallbackInfo& info) {
  const Lane lane = toUint32(info, 0);
  const auto operation = host_->begin("SCardGetTransmitCount");
  session_->getTransmitCount(lane, operation);
  return host_->id(*operation);
}

Napi::Value CardWrap::status(const Napi::CallbackInfo& info) {
  const Lane lane = toUint32(info, 0);
  const auto operation = host_->begin("SCardStatus");
  session_->status(lane, operation);
  return host_->id(*operation);
}

Napi::Value CardWrap::reconnect(const Napi::CallbackInfo& info) {
  const Lane lane = toUint32(info, 0);
  const ConnectOptions options{toUint32(info, 1), toUint32(info, 2)};
  const std::uint32_t initialization = toUint32(info, 3);
  const auto operation = host_->begin("SCardReconnect");
  session_->reconnect(lane, options, initialization, operation);
  return host_->id(*operation);
}

Napi::Value CardWrap::trace(const Napi::CallbackInfo& info) {
  const Lane lane = toUint32(info, 0);
  const auto operation = host_->begin("SCardTransmit");
  session_->trace(lane, operation);
  return host_->id(*operation);
}

namespace {

const char* traceKind(TraceEvent::Kind kind) {
  if (kind == TraceEvent::Kind::kReset) return "reset";
  return kind == TraceEvent::Kind::kUnpower ? "unpower" : "exchange";
}

}  // namespace

Napi::Value CardWrap::takeTrace(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::vector<TraceEvent> events = session_->takeTrace();
  auto list = Napi::Array::New(env, events.size());
  for (std::uint32_t i = 0; i < events.size(); ++i) {
    auto event = Napi::Object::New(env);
    event.Set("kind", Napi::String::New(env, traceKind(events[i].kind)));
    event.Set("command", toUint8Array(env, events[i].command.bytes()));
    event.Set("response", toUint8Array(env, events[i].response.bytes()));
    event.Set("failure", Napi::Number::New(env, events[i].failure));
    list.Set(i, event);
  }
  return list;
}

Napi::Value CardWrap::beginTransaction(const Napi::CallbackInfo& info) {
  const auto disposition = static_cast<Disposition>(toUint32(info, 0));
  const auto operation = host_->begin("SCardBeginTransaction");
  session_->beginTransaction(disposition, operation);
  return host_->id(*operation);
}

Napi::Value CardWrap::endTransaction(const Napi::CallbackInfo& info) {
  const Lane lane = toUint32(info, 0);
  const auto disposition = static_cast<Disposition>(toUint32(info, 1));
  const auto operation = host_->begin("SCardEndTransaction");
  session_->endTransaction(lane, disposition, operation);
  return host_->id(*operation);
}

Napi::Value CardWrap::disconnect(const Napi::CallbackInfo& info) {
  const auto disposition = static_cast<Disposition>(toUint32(info, 0));
  const auto operation = host_->begin("SCardDisconnect");
  session_->disconnect(disposition, operation);
  return host_->id(*operation);
}

}  // namespace scard::binding
