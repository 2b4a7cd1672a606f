// `Card` of binding.d.ts.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/host.h"
#include "core/card_session.h"

namespace scard::binding {

class CardWrap {
 public:
  static constexpr const char* kName = "Card";
  static constexpr napi_type_tag kTag{0x5ca4d00000000002, 0x9b1f7c3e2a6d4851};

  static Napi::Function define(Napi::Env env);
  /// `NativeConnection.card` and `number`, set on `connection`.
  static void create(Napi::Object connection, const std::shared_ptr<Host>& host,
                     Owner<CardSession> session);
  CardWrap(const CardWrap&) = delete;
  CardWrap& operator=(const CardWrap&) = delete;
  ~CardWrap();

 private:
  CardWrap(std::shared_ptr<Host> host, Owner<CardSession> session);

  Napi::Value control(const Napi::CallbackInfo& info);
  Napi::Value getAttrib(const Napi::CallbackInfo& info);
  Napi::Value setAttrib(const Napi::CallbackInfo& info);
  Napi::Value getTransmitCount(const Napi::CallbackInfo& info);
  Napi::Value status(const Napi::CallbackInfo& info);
  Napi::Value reconnect(const Napi::CallbackInfo& info);
  Napi::Value trace(const Napi::CallbackInfo& info);
  Napi::Value takeTrace(const Napi::CallbackInfo& info);
  Napi::Value beginTransaction(const Napi::CallbackInfo& info);
  Napi::Value endTransaction(const Napi::CallbackInfo& info);
  Napi::Value disconnect(const Napi::CallbackInfo& info);

  std::shared_ptr<Host> host_;
  Owner<CardSession> session_;
  const std::uint32_t number_;
};

}  // namespace scard::binding
