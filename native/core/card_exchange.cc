// CardSession: framed exchanges and scripts.
#include <optional>
#include <utility>

#include "core/card_session.h"

namespace scard {

namespace {

/// Nothing was answered: a failure like that of a plain transmission.
bool failedAtOnce(const ExchangeResult& result) {
  return result.end == ExchangeEnd::kFailed && result.exchanges <= 1;
}

}  // namespace

Result<std::optional<PcscTransaction>> CardSession::lockFor(const FramingOptions& options) {
  std::optional<PcscTransaction> lock;
  if (options.transaction && !transaction_.has_value()) {
    auto begun = PcscTransaction::begin(*card_, Disposition::kLeave);
    if (!begun.ok()) return std::move(begun.error());
    lock.emplace(std::move(begun.value()));
  }
  return lock;
}

void CardSession::performFramed(Exchange& exchange) {
  const auto begun = Pace::Clock::now();
  {
    auto lock = lockFor(exchange.framed->options());
    if (!lock.ok()) {
      exchange.fail(std::move(lock.error()));
    } else {
      line_->serve(exchange);
      exchange.framed->script() == nullptr ? send(exchange) : runScript(exchange);
    }
  }
  // With the lock: nothing of it was lost by waiting.
  exchange.took(Pace::Clock::now() - begun);
}

void CardSession::send(Exchange& exchange) {
  FramedJob& job = *exchange.framed;
  ResponseSpace space(std::move(*received_));
  const auto begun = Pace::Clock::now();
  job.result = exchangeApdu(*line_, exchange.command(), job.options(), space);
  pace_.answered(Pace::Clock::now() - begun);
  ResponseBytes answer = space.release();
  received_.emplace(std::move(answer.buffer));
  if (failedAtOnce(job.result)) {
    exchange.fail(std::move(job.result.error));
  } else {
    exchange.succeed(*received_, answer.length, runtime_->buffers());
  }
  if (received_->grown()) received_.reset();
}

void CardSession::runScript(Exchange& exchange) {
  FramedJob& job = *exchange.framed;
  if (!scripts_.has_value()) scripts_.emplace(runtime_->buffers().shared_from_this());
  const auto begun = Pace::Clock::now();
  scard::runScript(*line_, *job.script(), job.options(), *scripts_, job, job.outcome);
  const auto steps = static_cast<std::uint32_t>(job.outcome.ends.size());
  pace_.answered(Pace::Clock::now() - begun, steps);
  if (steps == 0 && failedAtOnce(job.outcome.broken)) {
    exchange.fail(std::move(job.outcome.broken.error));
  }
}

}  // namespace scard
