// CardSession: framed exchanges.
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

Outcome CardSession::exchange(std::span<const std::uint8_t> command, const FramingOptions& options,
                              Operation& operation) {
  std::optional<PcscTransaction> lock;
  if (options.transaction && !transaction_.has_value()) {
    auto begun = PcscTransaction::begin(*card_, Disposition::kLeave);
    if (!begun.ok()) return std::move(begun.error());
    lock.emplace(std::move(begun.value()));
  }
  line_->serve(operation);
  ResponseSpace space(runtime_->buffers().take());
  ExchangeResult result = exchangeApdu(*line_, command, options, space);
  if (result.end == ExchangeEnd::kAnswered) return Value(space.release());
  // Nothing was answered: a failure like that of a plain transmission.
  if (result.end == ExchangeEnd::kFailed && result.exchanges <= 1) return std::move(result.error);
  return Value(BrokenExchange{std::move(result), space.release()});
}

}  // namespace scard
