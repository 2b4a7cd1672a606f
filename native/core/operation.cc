#include "core/operation.h"

#include <utility>

#include "core/adaptive_lock.h"
#include "core/errors/codes.gen.h"
#include "core/exchange.h"

namespace scard {

Operation::Operation(std::shared_ptr<Operations> operations, OperationId id, const char* call)
    : operations_(std::move(operations)), id_(id), call_(call) {}

bool Operation::settle(Outcome outcome) {
  if (settled_.exchange(true, std::memory_order_acq_rel)) return false;
  operations_->finish(id_, std::move(outcome));
  return true;
}

std::shared_ptr<Operation> Operations::create(const char* call) {
  const std::lock_guard lock(mutex_);
  const OperationId id = ++lastId_;
  auto operation = std::make_shared<Operation>(shared_from_this(), id, call);
  pending_.emplace(id, operation);
  return operation;
}

bool Operations::cancel(OperationId id) {
  const auto operation = find(id);
  if (operation == nullptr) return false;
  if (!operation->settle(Error{operation->call(), code::kCancelled})) return false;
  if (operation->onCancel_) operation->onCancel_();
  return true;
}

bool Operations::cancel(OperationId id, Reason reason) {
  const auto operation = find(id);
  if (operation == nullptr) return false;
  if (!operation->settle(failure(*operation, reason))) return false;
  if (operation->onCancel_) operation->onCancel_();
  return true;
}

void Operations::close() {
  std::vector<OperationId> ids;
  {
    const std::lock_guard lock(mutex_);
    sink_ = nullptr;
    for (const auto& entry : pending_) ids.push_back(entry.first);
  }
  for (const OperationId id : ids) cancel(id);
}

std::size_t Operations::pending() const {
  const std::lock_guard lock(mutex_);
  return pending_.size();
}

void Operations::finish(OperationId id, Outcome outcome) {
  std::shared_ptr<Operation> finished;
  std::shared_ptr<CompletionSink> sink;
  {
    const std::lock_guard lock(mutex_);
    if (const auto entry = pending_.find(id); entry != pending_.end()) {
      finished = std::move(entry->second);
      pending_.erase(entry);
    }
    sink = sink_;
  }
  // Outside the lock: a sink may take its own, and an undelivered outcome may own a session.
  if (sink != nullptr) sink->deliver({id, std::move(outcome)});
}

std::shared_ptr<CompletionSink> Operations::sink() const {
  const std::unique_lock lock = lockBriefly(mutex_);
  return sink_;
}

void Operations::deliver(std::unique_ptr<Exchange> exchange) noexcept {
  if (const auto open = sink()) open->deliver(std::move(exchange));
}

void Operations::flush() noexcept {
  if (const auto open = sink()) open->flush();
}

std::shared_ptr<Operation> Operations::find(OperationId id) const {
  const std::lock_guard lock(mutex_);
  const auto entry = pending_.find(id);
  return entry == pending_.end() ? nullptr : entry->second;
}

}  // namespace scard
