#include "core/file_lock_session.h"

#include <utility>

#include "core/errors/codes.gen.h"

namespace scard {

FileLockSession::FileLockSession(std::shared_ptr<Runtime> runtime, std::string path)
    : runtime_(std::move(runtime)), path_(std::move(path)) {}

void FileLockSession::start(std::shared_ptr<Operation> operation) {
  runtime_->track(shared_from_this());
  const bool started = runtime_->workers().spawn(
      "scard-lock", [self = shared_from_this(), operation] { self->wait(*operation); });
  if (!started) operation->settle(failure(*operation, Reason::kNoThread));
}

void FileLockSession::wait(Operation& operation) {
  platform::FileLock lock;
  const auto result = lock.lock(path_);
  if (result != platform::FileLock::Result::kLocked) {
    const bool forbidden = result == platform::FileLock::Result::kNoAccess;
    operation.settle(Error{operation.call(), forbidden ? code::kNoAccess : code::kInternalError});
    return;
  }
  {
    const std::lock_guard guard(mutex_);
    if (abandoned_) return;
    lock_.swap(lock);
  }
  // Refused when the operation was given up: the owner goes, and the lock with it.
  operation.settle(Value(Owner<FileLockSession>(shared_from_this())));
}

void FileLockSession::abandon() noexcept {
  const std::lock_guard guard(mutex_);
  abandoned_ = true;
  lock_.unlock();
}

}  // namespace scard
