#include "core/card_session.h"

#include <algorithm>
#include <utility>

#include "core/context_session.h"
#include "core/runtime.h"
#include "core/secret_bytes.h"

namespace scard {

namespace {

Outcome toResponse(PooledBuffer buffer, const Result<std::size_t>& length) {
  if (!length.ok()) return length.error();
  return Value(ResponseBytes{std::move(buffer), length.value()});
}

}  // namespace

CardSession::CardSession(std::shared_ptr<Runtime> runtime, std::shared_ptr<ContextSession> parent,
                         ConnectRequest request)
    : runtime_(std::move(runtime)),
      parent_(std::move(parent)),
      request_(std::move(request)),
      pace_(runtime_->spinPermits(), parent_->waitsAwake()) {}

void CardSession::start(std::shared_ptr<Operation> operation) {
  runtime_->track(shared_from_this());
  parent_->cardStarted(shared_from_this());
  const bool started = runtime_->workers().spawn(
      "scard-card", [self = shared_from_this(), operation] { self->run(operation); });
  if (started) return;
  parent_->cardEnded();
  operation->settle(failure(*operation, Reason::kNoThread));
}

void CardSession::run(const std::shared_ptr<Operation>& operation) {
  if (connect(*operation)) {
    const auto beforeSleep = [this] { runtime_->operations().flush(); };
    while (auto job = queue_.next(pace_, beforeSleep)) perform(std::move(*job));
    release();
  }
  parent_->cardEnded();
}

void CardSession::perform(Job job) {
  if (job.exchange != nullptr) {
    perform(std::move(job.exchange));
  } else if (job.mustRun || !job.operation->settled()) {
    job.body(*job.operation);
  }
}

void CardSession::perform(std::unique_ptr<Exchange> exchange) {
  if (exchange->wanted()) {
    if (!received_.has_value()) received_.emplace(runtime_->buffers().take());
    if (exchange->framed == nullptr) {
      transmit(*exchange);
    } else {
      performFramed(*exchange);
    }
  }
  exchange->wipeCommand();
  Exchange::deliver(std::move(exchange));
}

void CardSession::transmit(Exchange& exchange) {
  const auto begun = Pace::Clock::now();
  auto length = card_->transmit(exchange.command(), exchange.protocol(), received_->space());
  exchange.took(Pace::Clock::now() - begun);
  pace_.answered(exchange.taken());
  if (length.ok()) {
    exchange.succeed(*received_, length.value(), runtime_->buffers());
  } else {
    exchange.fail(std::move(length.error()));
  }
}

void CardSession::submit(Lane lane, std::unique_ptr<Exchange> exchange) {
  exchange->submittedTo(runtime_->operations());
  queue_.push(lane, {nullptr, nullptr, false, std::move(exchange)});
}

Result<std::size_t> CardSession::transmitNow(Lane lane, std::span<const std::uint8_t> command,
                                             std::uint32_t protocol,
                                             std::span<std::uint8_t> response) {
  if (const auto refusal = queue_.enter(lane, kPatience))
    return Error{Exchange::kCall, 0, *refusal};
  const LaneQueue::Visit visit(queue_);
  return card_->transmit(command, protocol, response);
}

bool CardSession::connect(Operation& operation) {
  if (operation.settled() || queue_.closed()) {
    operation.settle(failure(operation, Reason::kClosed));
    return false;
  }
  auto context = PcscContext::establish(parent_->library(), parent_->scope());
  if (!context.ok()) {
    operation.settle(std::move(context.error()));
    return false;
  }
  context_ = std::make_shared<PcscContext>(std::move(context.value()));
  auto card = PcscCard::connect(context_, request_.reader, request_.options);
  if (!card.ok()) {
    context_.reset();
    operation.settle(std::move(card.error()));
    return false;
  }
  card_.emplace(std::move(card.value()));
  line_.emplace(*card_);
  counted_.emplace(runtime_->counters().cards);
  if (queue_.closed()) {
    operation.settle(failure(operation, Reason::kClosed));
    return true;
  }
  const std::uint32_t protocol = card_->activeProtocol();
  // Nobody may want it any more: then the undelivered owner abandons this session, and the queue
  // that is closed by that lets the thread go on to release().
  operation.settle(Value(Connection{Owner<CardSession>(shared_from_this()), protocol}));
  return true;
}

void CardSession::release() {
  transaction_.reset();
  if (card_.has_value()) static_cast<void>(card_->disconnect(request_.disposition));
  line_.reset();
  card_.reset();
  context_.reset();
  counted_.reset();
}

void CardSession::transmit(Lane lane, std::vector<std::uint8_t> command, std::uint32_t protocol,
                           std::shared_ptr<Operation> operation) {
  queue_.push(lane,
              {std::move(operation),
               [this, command = SecretBytes(std::move(command)), protocol](Operation& op) mutable {
                 PooledBuffer buffer = runtime_->buffers().take();
                 const auto length = card_->transmit(command.bytes(), protocol, buffer.space());
                 command.wipe();
                 op.settle(toResponse(std::move(buffer), length));
               }});
}

void CardSession::control(Lane lane, std::uint32_t code, std::vector<std::uint8_t> input,
                          std::shared_ptr<Operation> operation) {
  queue_.push(lane, {std::move(operation),
                     [this, code, input = SecretBytes(std::move(input))](Operation& op) mutable {
                       PooledBuffer buffer = runtime_->buffers().take();
                       const auto length = card_->control(code, input.bytes(), buffer.space());
                       input.wipe();
                       op.settle(toResponse(std::move(buffer), length));
                     }});
}

void CardSession::getAttrib(Lane lane, std::uint32_t attribute,
                            std::shared_ptr<Operation> operation) {
  queue_.push(lane, {std::move(operation), [this, attribute](Operation& op) {
                       PooledBuffer buffer = runtime_->buffers().take();
                       const auto length = card_->getAttrib(attribute, buffer.space());
                       op.settle(toResponse(std::move(buffer), length));
                     }});
}

void CardSession::setAttrib(Lane lane, std::uint32_t attribute, std::vector<std::uint8_t> value,
                            std::shared_ptr<Operation> operation) {
  queue_.push(lane,
              {std::move(operation), [this, attribute, value = std::move(value)](Operation& op) {
                 op.settle(toOutcome(card_->setAttrib(attribute, value)));
               }});
}

void CardSession::getTransmitCount(Lane lane, std::shared_ptr<Operation> operation) {
  queue_.push(lane, {std::move(operation),
                     [this](Operation& op) { op.settle(toOutcome(card_->getTransmitCount())); }});
}

void CardSession::status(Lane lane, std::shared_ptr<Operation> operation) {
  queue_.push(lane, {std::move(operation),
                     [this](Operation& op) { op.settle(toOutcome(card_->status())); }});
}

void CardSession::reconnect(Lane lane, ConnectOptions options, std::uint32_t initialization,
                            std::shared_ptr<Operation> operation) {
  queue_.push(lane, {std::move(operation), [this, options, initialization](Operation& op) {
                       line_->forget();
                       op.settle(toOutcome(card_->reconnect(options, initialization)));
                     }});
}

void CardSession::trace(Lane lane, std::shared_ptr<Operation> operation) {
  queue_.push(lane, {std::move(operation), [this](Operation& op) {
                       card_->traceTo(trace_);
                       op.settle(Value(std::monostate{}));
                     }});
}

void CardSession::beginTransaction(Disposition disposition, std::shared_ptr<Operation> operation) {
  queue_.push(0, {std::move(operation), [this, disposition](Operation& op) {
                    auto transaction = PcscTransaction::begin(*card_, disposition);
                    if (!transaction.ok()) {
                      op.settle(std::move(transaction.error()));
                      return;
                    }
                    transaction_.emplace(std::move(transaction.value()));
                    const Lane lane = queue_.openLane();
                    if (op.settle(Value(lane))) return;
                    // Given up while it waited for the lock: nothing was done under it.
                    static_cast<void>(transaction_->end(Disposition::kLeave));
                    transaction_.reset();
                    queue_.closeLane();
                  }});
}

void CardSession::endTransaction(Lane lane, Disposition disposition,
                                 std::shared_ptr<Operation> operation) {
  const auto body = [this, disposition](Operation& op) {
    if (!transaction_.has_value()) {
      op.settle(failure(op, Reason::kTransactionEnded));
      return;
    }
    auto result = transaction_->end(disposition);
    transaction_.reset();
    queue_.closeLane();
    op.settle(toOutcome(std::move(result)));
  };
  queue_.pushEnd(lane, {std::move(operation), body, true});
}

void CardSession::disconnect(Disposition disposition, std::shared_ptr<Operation> operation) {
  const auto body = [this, disposition](Operation& op) {
    queue_.close();
    if (!card_.has_value()) {
      op.settle(failure(op, Reason::kClosed));
      return;
    }
    transaction_.reset();  // still open when the session was abandoned under it
    auto result = card_->disconnect(disposition);
    release();
    op.settle(toOutcome(std::move(result)));
  };
  queue_.push(0, {std::move(operation), body, true});
}

void CardSession::abandon() noexcept { queue_.close(); }

}  // namespace scard
