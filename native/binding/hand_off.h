// The way of an APDU between JavaScript and the core: two blocks of memory that both sides see, and
// calls without arguments.
#pragma once

#include <napi.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "binding/js_sink.h"
#include "binding/kept_scripts.h"
#include "binding/pending_exchanges.h"
#include "core/card_session.h"
#include "core/exchange.h"
#include "core/spin_judge.h"

namespace scard::binding {

class Host;

/// Lives on the JavaScript thread, as a part of its Host. NativeHandOff of binding.d.ts says what
/// the memory holds.
class HandOff {
 public:
  HandOff(Host& host, std::shared_ptr<JsSink> sink);
  HandOff(const HandOff&) = delete;
  HandOff& operator=(const HandOff&) = delete;
  ~HandOff() = default;

  /// The object of NativeHandOff.
  Napi::Object object(Napi::Env env, const std::shared_ptr<Host>& host);

  /// Gives a card the number that names it in requests.
  std::uint32_t add(CardSession& card);
  void remove(std::uint32_t number);

  std::size_t pending() const { return pending_; }

  /// Gives up what is on its way: what has not begun never does, and a script ends after the step
  /// under way.
  void abandon() { exchanges_.abandon(); }
  /// Lets everything go; nothing works any more.
  void close();

 private:
  using Clock = std::chrono::steady_clock;

  /// What a call was given, at most.
  using Arguments = std::array<napi_value, 2>;

  template <napi_value (HandOff::*Body)(napi_env, const Arguments&)>
  static napi_value call(napi_env env, napi_callback_info info);
  template <napi_value (HandOff::*Body)(napi_env, const Arguments&)>
  static napi_property_descriptor method(const char* name, std::shared_ptr<Host>* host);

  napi_value submit(napi_env env, const Arguments&);
  napi_value submitFramed(napi_env env, const Arguments&);
  napi_value submitScript(napi_env env, const Arguments&);
  napi_value addScript(napi_env env, const Arguments& commandsAndPlan);
  napi_value removeScript(napi_env env, const Arguments& number);
  napi_value exchange(napi_env env, const Arguments&);
  napi_value take(napi_env env, const Arguments& values);
  napi_value cancel(napi_env env, const Arguments& token);
  napi_value stopScript(napi_env env, const Arguments& token);
  napi_value scriptProgress(napi_env env, const Arguments& token);

  CardSession* cardOfRequest() const;
  std::span<std::uint8_t> command() const;
  FramingOptions framing(napi_env env) const;
  /// What `submit` gives.
  napi_value queue(napi_env env, CardSession& card, std::unique_ptr<Exchange> exchange);
  /// Whether a new exchange is waited for awake, noted for the judge.
  bool waitsAwake(const CardSession& card, Exchange& exchange);
  void startCounting(Exchange& exchange);
  std::int32_t put(napi_env env, Finished& finished, std::uint32_t index, napi_value values);
  std::int32_t putExchange(napi_env env, std::unique_ptr<Exchange> done, napi_value values);
  /// The length of an answer, or what stands for it.
  std::int32_t putAnswer(napi_env env, const Exchange& done, napi_value values);
  void append(napi_env env, napi_value values, napi_value value);
  /// Whether waiting awake pays now; notes it for the cards' threads.
  bool waitingPays(Clock::time_point now);
  /// Counts what is waited for awake. Whether the facade must be told to look.
  bool addAwake();
  void startLooking();
  bool goOnLooking(bool found);
  void stopCounting(Exchange& exchange);

  Host& host_;
  std::shared_ptr<JsSink> sink_;
  Napi::Reference<Napi::ArrayBuffer> requestBuffer_;
  Napi::Reference<Napi::ArrayBuffer> replyBuffer_;
  std::uint8_t* request_ = nullptr;
  std::uint8_t* reply_ = nullptr;

  struct CardEntry {
    CardSession* session;
    // Exchanges on their way; a number is not given again before they are back.
    std::uint32_t pending;
  };
  std::vector<CardEntry> cards_;
  std::vector<std::uint32_t> freeNumbers_;
  KeptScripts scripts_;
  // Cards with exchanges on their way.
  std::uint32_t busy_ = 0;
  PendingExchanges exchanges_;
  std::size_t pending_ = 0;

  // What was taken from the sink, and how much of it was passed on.
  std::vector<Finished> batch_;
  std::size_t passed_ = 0;
  // Bytes of the reply and values used by the call of take() that runs.
  std::size_t replyUsed_ = 0;
  std::uint32_t valuesUsed_ = 0;

  bool looking_ = false;
  std::size_t awake_ = 0;
  Clock::time_point lookUntil_{};
  SpinJudge judge_;
};

}  // namespace scard::binding
