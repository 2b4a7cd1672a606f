// CardSession: framed exchanges and scripts.
#include <memory>
#include <optional>
#include <utility>

#include "core/card_session.h"
#include "core/secret_bytes.h"

namespace scard {

void CardSession::send(Lane lane, std::vector<std::uint8_t> command, const FramingOptions& options,
                       std::shared_ptr<Operation> operation) {
  queue_.push(lane, {std::move(operation),
                     [this, command = SecretBytes(std::move(command)), options](Operation& op) {
                       op.settle(exchange(command.bytes(), options, op));
                     }});
}

void CardSession::runScript(Lane lane, std::shared_ptr<const ApduScript> script,
                            const FramingOptions& options, std::shared_ptr<Operation> operation) {
  queue_.push(lane,
              {std::move(operation), [this, script = std::move(script), options](Operation& op) {
                 op.settle(perform(*script, options, op));
               }});
}

void CardSession::stopScript(OperationId operation) { scripts_.stop(operation); }

Result<std::optional<PcscTransaction>> CardSession::lockFor(const FramingOptions& options) {
  std::optional<PcscTransaction> lock;
  if (options.transaction && !transaction_.has_value()) {
    auto begun = PcscTransaction::begin(*card_, Disposition::kLeave);
    if (!begun.ok()) return std::move(begun.error());
    lock.emplace(std::move(begun.value()));
  }
  return lock;
}

Outcome CardSession::exchange(std::span<const std::uint8_t> command, const FramingOptions& options,
                              Operation& operation) {
  const auto lock = lockFor(options);
  if (!lock.ok()) return lock.error();
  line_->serve(operation);
  ResponseSpace space(runtime_->buffers().take());
  const auto begun = Pace::Clock::now();
  ExchangeResult result = exchangeApdu(*line_, command, options, space);
  pace_.answered(Pace::Clock::now() - begun);
  if (result.end == ExchangeEnd::kAnswered) return Value(space.release());
  // Nothing was answered: a failure like that of a plain transmission.
  if (result.end == ExchangeEnd::kFailed && result.exchanges <= 1) return std::move(result.error);
  return Value(BrokenExchange{std::move(result), space.release()});
}

Outcome CardSession::perform(const ApduScript& script, const FramingOptions& options,
                             Operation& operation) {
  ScriptDesk::Running running(scripts_, operation.id());
  const auto lock = lockFor(options);
  if (!lock.ok()) return lock.error();
  line_->serve(operation);
  const PooledBuffer scratch = runtime_->buffers().take();
  const auto begun = Pace::Clock::now();
  auto outcome = std::make_unique<ScriptOutcome>(
      scard::runScript(*line_, script, options, runtime_->buffers().take(), scratch, running));
  pace_.answered(Pace::Clock::now() - begun, static_cast<std::uint32_t>(outcome->ends.size()));
  const ExchangeResult& broken = outcome->broken;
  const bool nothingDone = outcome->ends.empty() && broken.exchanges <= 1;
  if (nothingDone && broken.end == ExchangeEnd::kFailed) return broken.error;
  return Value(std::move(outcome));
}

}  // namespace scard
