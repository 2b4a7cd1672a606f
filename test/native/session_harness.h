// What the tests of sessions share: a sink that records, and a runtime over a scripted table.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "apdu_line.h"
#include "core/card_session.h"
#include "core/context_session.h"
#include "core/errors/codes.gen.h"
#include "core/exchange.h"
#include "core/fifo.h"
#include "core/operation.h"
#include "core/runtime.h"
#include "scripted_api.h"
#include "test.h"

namespace scard::test {

class RecordingSink final : public CompletionSink {
 public:
  void deliver(Completion completion) noexcept override {
    if (onDeliver) onDeliver(completion);
    const std::lock_guard lock(mutex_);
    if (!outcomes_.emplace(completion.id, std::move(completion.outcome)).second) {
      fail("session_harness.h", __LINE__, "an operation was delivered twice");
    }
    order_.push_back(completion.id);
    changed_.notify_all();
  }

  void deliver(std::unique_ptr<Exchange> exchange) noexcept override {
    const std::lock_guard lock(mutex_);
    exchanges_.push(std::move(exchange));
    changed_.notify_all();
  }

  /// Exchanges that nobody has taken.
  std::size_t exchanges() const {
    const std::lock_guard lock(mutex_);
    return exchanges_.size();
  }

  /// Waits for the next exchange and takes it.
  std::unique_ptr<Exchange> takeExchange() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !exchanges_.empty(); });
    return exchanges_.pop();
  }

  /// Waits for the outcome of the operation and takes it.
  Outcome take(OperationId id) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outcomes_.contains(id); });
    return std::exchange(outcomes_.at(id), Value(std::monostate{}));
  }

  std::size_t delivered() const {
    const std::lock_guard lock(mutex_);
    return order_.size();
  }

  std::vector<OperationId> order() const {
    const std::lock_guard lock(mutex_);
    return order_;
  }

  /// Set before the operations it concerns.
  std::function<void(const Completion&)> onDeliver;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<OperationId, Outcome> outcomes_;
  std::vector<OperationId> order_;
  Fifo<std::unique_ptr<Exchange>> exchanges_;
};

/// The error of an outcome; one that no test expects when it is a value.
inline Error errorOf(const Outcome& outcome) {
  if (const auto* error = std::get_if<Error>(&outcome)) return *error;
  return Error{"(a value)", 0xDEADBEEF};
}

/// A framed exchange of a command, or of a script.
inline std::unique_ptr<Exchange> framedExchange(
    std::string_view command, const FramingOptions& options,
    std::shared_ptr<const ApduScript> script = nullptr) {
  auto exchange = std::make_unique<Exchange>();
  exchange->framed = std::make_unique<FramedJob>();
  exchange->framed->prepare(options, std::move(script));
  exchange->prepare(fromHex(command), 0);
  return exchange;
}

/// The PC/SC code that an exchange failed with; one that no test expects when it has not.
inline std::uint32_t failureOf(const Exchange& exchange) {
  return exchange.failure().has_value() ? exchange.failure()->value : 0xDEADBEEF;
}

/// A runtime over one scripted table; closes and checks it at the end.
class Bench {
 public:
  Bench() = default;
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    if (runtime != nullptr) close();
    api->verify(__LINE__);
  }

  void close(std::chrono::milliseconds patience = std::chrono::seconds(60)) {
    runtime->close(patience);
  }

  std::shared_ptr<Operation> operation(const char* call = "SCardTest") {
    return runtime->operations().create(call);
  }

  bool cancel(const std::shared_ptr<Operation>& wanted) {
    return runtime->operations().cancel(wanted->id());
  }

  Outcome take(const std::shared_ptr<Operation>& wanted) { return sink->take(wanted->id()); }

  Owner<ContextSession> context(const Dialect& dialect = {}) {
    ContextRequest request{2, std::nullopt, api->library(dialect)};
    const auto wanted = operation("SCardEstablishContext");
    std::make_shared<ContextSession>(runtime, std::move(request))->start(wanted);
    Outcome outcome = take(wanted);
    return std::move(std::get<Owner<ContextSession>>(std::get<Value>(outcome)));
  }

  std::shared_ptr<Operation> connecting(const Owner<ContextSession>& context,
                                        Disposition disposition = Disposition::kLeave) {
    const auto wanted = operation("SCardConnect");
    context->connect({"Reader 0", {}, disposition}, wanted);
    return wanted;
  }

  Owner<CardSession> card(const Owner<ContextSession>& context,
                          Disposition disposition = Disposition::kLeave) {
    Outcome outcome = take(connecting(context, disposition));
    return std::move(std::get<Connection>(std::get<Value>(outcome)).card);
  }

  /// Waits for every thread but the canceller's, which lives until the runtime is closed.
  bool quiet(std::size_t remaining = 0) {
    return runtime->workers().waitUntil(remaining, std::chrono::seconds(60));
  }

  Lane begin(const Owner<CardSession>& card, Disposition disposition = Disposition::kLeave) {
    const auto wanted = operation("SCardBeginTransaction");
    card->beginTransaction(disposition, wanted);
    Outcome outcome = take(wanted);
    return std::get<std::uint32_t>(std::get<Value>(outcome));
  }

  std::shared_ptr<Operation> transmit(const Owner<CardSession>& card, Bytes command,
                                      Lane lane = 0) {
    const auto wanted = operation("SCardTransmit");
    card->transmit(lane, std::move(command), 0, wanted);
    return wanted;
  }

  std::shared_ptr<Operation> wait(const Owner<ContextSession>& context,
                                  std::uint32_t timeout = 0xFFFFFFFF) {
    const auto wanted = operation("SCardGetStatusChange");
    context->getStatusChange({{"Reader 0", 0}}, timeout, wanted);
    return wanted;
  }

  std::shared_ptr<ScriptedApi> api = ScriptedApi::create();
  std::shared_ptr<RecordingSink> sink = std::make_shared<RecordingSink>();
  std::shared_ptr<Runtime> runtime = std::make_shared<Runtime>(sink);
};

}  // namespace scard::test
