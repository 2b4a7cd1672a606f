// `HandlerCard` of binding.d.ts: a virtual card whose commands JavaScript answers.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "binding/js_channel.h"
#include "core/virtual/card_device.h"

namespace scard::binding {

/// One thing a reader does with the card.
struct CardRequest {
  enum class Kind { kCommand, kPowerOn, kReset, kPowerOff };
  Kind kind;
  /// Names the exchange of a command; 0 otherwise.
  std::uint32_t exchange = 0;
  std::vector<std::uint8_t> command = {};
  std::uint32_t protocol = 0;
};

/// The card as the resource manager sees it, on whatever thread called PC/SC.
class HandlerDevice final : public virtualrm::CardDevice {
 public:
  HandlerDevice(Napi::Env env, virtualrm::Bytes atr, JsChannel<CardRequest>::Drain drain);

  virtualrm::Bytes powerOn() override;
  virtualrm::Bytes reset() override;
  void powerOff() override;
  virtualrm::Bytes atr() override;
  void transmit(virtualrm::Bytes command, virtualrm::Dword protocol,
                std::shared_ptr<virtualrm::Exchange> exchange) override;
  std::thread::id answeringThread() const override { return javaScript_; }

  /// Answers a command, or leaves it unanswered. False when nobody waits for it any more.
  bool respond(std::uint32_t exchange, virtualrm::Bytes response);
  bool mute(std::uint32_t exchange);
  void setAtr(virtualrm::Bytes atr);

  std::vector<CardRequest> take() { return channel_.take(); }

  /// Leaves everything unanswered from now on: the environment that answered is gone.
  void close();

 private:
  std::shared_ptr<virtualrm::Exchange> takeExchange(std::uint32_t id);
  virtualrm::Bytes power(CardRequest::Kind kind);

  std::mutex mutex_;
  virtualrm::Bytes atr_;
  std::uint32_t lastExchange_ = 0;
  /// The exchange `lastExchange_`, until it is answered.
  std::shared_ptr<virtualrm::Exchange> pending_;
  // The thread that answers.
  const std::thread::id javaScript_ = std::this_thread::get_id();
  JsChannel<CardRequest> channel_;
};

class HandlerCardWrap {
 public:
  static constexpr const char* kName = "HandlerCard";
  static constexpr napi_type_tag kTag{0x5ca4d00000000004, 0x9b1f7c3e2a6d4853};

  static Napi::Function define(Napi::Env env);

  HandlerCardWrap(const HandlerCardWrap&) = delete;
  HandlerCardWrap& operator=(const HandlerCardWrap&) = delete;
  ~HandlerCardWrap();

  const std::shared_ptr<HandlerDevice>& device() const { return device_; }

 private:
  HandlerCardWrap(Napi::Env env, virtualrm::Bytes atr, Napi::Function handle);

  static napi_value construct(napi_env env, napi_callback_info raw);
  static void onEnvironmentExit(void* self);

  Napi::Value respond(const Napi::CallbackInfo& info);
  Napi::Value mute(const Napi::CallbackInfo& info);
  Napi::Value setAtr(const Napi::CallbackInfo& info);
  void drain(Napi::Env env);

  Napi::Env env_;
  Napi::FunctionReference handle_;
  std::shared_ptr<HandlerDevice> device_;
};

}  // namespace scard::binding
