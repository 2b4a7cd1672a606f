#include "core/context_session.h"

#include <algorithm>
#include <utility>

#include "core/errors/codes.gen.h"
#include "core/runtime.h"

namespace scard {

namespace {
// Waiting threads kept with their contexts for the next wait. A loop of waits needs one.
constexpr std::size_t kIdleWaiters = 4;
}  // namespace

ContextSession::ContextSession(std::shared_ptr<Runtime> runtime, ContextRequest request)
    : runtime_(std::move(runtime)), request_(std::move(request)) {}

void ContextSession::start(std::shared_ptr<Operation> operation) {
  runtime_->track(shared_from_this());
  const bool started = runtime_->workers().spawn(
      "scard-context", [self = shared_from_this(), operation] { self->run(operation); });
  if (!started) operation->settle(failure(*operation, Reason::kNoThread));
}

void ContextSession::run(const std::shared_ptr<Operation>& operation) {
  if (!establish(*operation)) return;
  while (auto job = queue_.next()) {
    if (job->mustRun || !job->operation->settled()) job->body(*job->operation);
  }
  context_.reset();
  counted_.reset();
}

bool ContextSession::establish(Operation& operation) {
  if (operation.settled()) return false;
  library_ = request_.library;
  if (library_ == nullptr) {
    auto library = runtime_->library(request_.libraryPath);
    if (!library.ok()) {
      operation.settle(std::move(library.error()));
      return false;
    }
    library_ = std::move(library.value());
  }
  auto context = PcscContext::establish(library_, request_.scope);
  if (!context.ok()) {
    operation.settle(std::move(context.error()));
    return false;
  }
  context_.emplace(std::move(context.value()));
  counted_.emplace(runtime_->counters().contexts);
  // An undelivered owner abandons this session, which ends the loop that follows.
  operation.settle(Value(Owner<ContextSession>(shared_from_this())));
  return true;
}

void ContextSession::call(std::function<Outcome(const PcscContext&)> body,
                          std::shared_ptr<Operation> operation) {
  queue_.push(0, {std::move(operation),
                  [this, body = std::move(body)](Operation& op) { op.settle(body(*context_)); }});
}

void ContextSession::isValid(std::shared_ptr<Operation> operation) {
  call([](const PcscContext& context) { return toOutcome(context.isValid()); },
       std::move(operation));
}

void ContextSession::listReaders(std::optional<std::vector<std::string>> groups,
                                 std::shared_ptr<Operation> operation) {
  call([groups = std::move(groups)](
           const PcscContext& context) { return toOutcome(context.listReaders(groups)); },
       std::move(operation));
}

void ContextSession::listReaderGroups(std::shared_ptr<Operation> operation) {
  call([](const PcscContext& context) { return toOutcome(context.listReaderGroups()); },
       std::move(operation));
}

void ContextSession::connect(ConnectRequest request, std::shared_ptr<Operation> operation) {
  if (queue_.closed()) {
    operation->settle(failure(*operation, Reason::kClosed));
    return;
  }
  std::make_shared<CardSession>(runtime_, shared_from_this(), std::move(request))
      ->start(std::move(operation));
}

void ContextSession::cardStarted(const std::shared_ptr<CardSession>& card) {
  const std::lock_guard lock(mutex_);
  std::erase_if(cards_, [](const auto& known) { return known.expired(); });
  cards_.push_back(card);
  ++liveCards_;
}

void ContextSession::cardEnded() {
  const std::lock_guard lock(mutex_);
  --liveCards_;
  changed_.notify_all();
}

void ContextSession::getStatusChange(std::vector<ReaderQuery> readers, std::uint32_t timeout,
                                     std::shared_ptr<Operation> operation) {
  if (queue_.closed()) {
    operation->settle(failure(*operation, Reason::kClosed));
    return;
  }
  auto interruptible = std::make_shared<Interruptible>();
  operation->onCancel([runtime = std::weak_ptr(runtime_), interruptible] {
    if (const auto alive = runtime.lock()) {
      alive->interrupter().add(alive->workers(), interruptible);
    }
  });
  bool spawn = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(operation->id());
    waits_.push_back({operation, std::move(readers), timeout, std::move(interruptible)});
    spawn = waits_.size() > idleWaiters_;
    if (spawn) ++waiters_;
    changed_.notify_all();
  }
  if (!spawn) return;
  if (runtime_->workers().spawn("scard-wait", [self = shared_from_this()] { self->waitLoop(); })) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    --waiters_;
    std::erase_if(waits_, [&](const Wait& wait) { return wait.operation == operation; });
    std::erase(waiting_, operation->id());
  }
  operation->settle(failure(*operation, Reason::kNoThread));
}

std::optional<ContextSession::Wait> ContextSession::takeWait() {
  std::unique_lock lock(mutex_);
  if (waits_.empty() && idleWaiters_ >= kIdleWaiters) return std::nullopt;
  ++idleWaiters_;
  changed_.wait(lock, [this] { return stopped_ || !waits_.empty(); });
  --idleWaiters_;
  if (waits_.empty()) return std::nullopt;
  Wait wait = std::move(waits_.front());
  waits_.pop_front();
  return wait;
}

void ContextSession::waitLoop() {
  std::optional<PcscContext> context;
  while (auto wait = takeWait()) {
    perform(*wait, context);
    const std::lock_guard lock(mutex_);
    std::erase(waiting_, wait->operation->id());
  }
  context.reset();
  const std::lock_guard lock(mutex_);
  --waiters_;
  changed_.notify_all();
}

std::optional<Result<std::vector<ReaderReport>>> ContextSession::waitOn(
    const Wait& wait, std::optional<PcscContext>& context) {
  if (!context.has_value()) {
    auto established = PcscContext::establish(library_, request_.scope);
    if (!established.ok()) return std::move(established.error());
    context.emplace(std::move(established.value()));
  }
  if (!wait.interruptible->enter(*context)) return std::nullopt;
  const Counted counted(runtime_->counters().waits);
  auto reports = context->getStatusChange(wait.readers, wait.timeout);
  const bool cancelled = wait.interruptible->leave();
  const bool usable = reports.ok() || reports.error().value == code::kTimeout;
  if (cancelled || !usable) context.reset();
  return reports;
}

void ContextSession::perform(const Wait& wait, std::optional<PcscContext>& context) {
  if (wait.operation->settled()) return;
  // Everything is given back before the caller hears of the result: it may look for what is left.
  auto reports = waitOn(wait, context);
  if (reports.has_value()) wait.operation->settle(toOutcome(std::move(*reports)));
}

void ContextSession::endWaits(std::optional<Reason> reason) {
  std::vector<OperationId> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting = waiting_;
  }
  for (const OperationId id : waiting) {
    if (reason.has_value()) {
      runtime_->operations().cancel(id, *reason);
    } else {
      runtime_->operations().cancel(id);
    }
  }
}

void ContextSession::cancelWaits() { endWaits(std::nullopt); }

void ContextSession::close(std::shared_ptr<Operation> operation) {
  const auto body = [this](Operation& op) {
    awaitDependants();
    auto result = context_->release();
    counted_.reset();
    op.settle(toOutcome(std::move(result)));
  };
  queue_.closeWith({std::move(operation), body, true});
  std::vector<std::weak_ptr<CardSession>> cards;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    cards = std::exchange(cards_, {});
    changed_.notify_all();
  }
  for (const auto& known : cards) {
    if (const auto card = known.lock()) card->abandon();
  }
  endWaits(Reason::kClosed);
}

void ContextSession::awaitDependants() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return liveCards_ == 0 && waiters_ == 0; });
}

void ContextSession::abandon() noexcept {
  queue_.close();
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace scard
