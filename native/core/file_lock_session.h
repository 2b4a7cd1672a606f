// A file lock that JavaScript holds, and the wait for it.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/operation.h"
#include "core/runtime.h"
#include "core/session.h"
#include "platform/file_lock.h"

namespace scard {

class FileLockSession final : public Session, public std::enable_shared_from_this<FileLockSession> {
 public:
  FileLockSession(std::shared_ptr<Runtime> runtime, std::string path);

  /// Waits on a thread of its own and settles with the owner of the lock. The kernel lets nobody
  /// interrupt that: a wait that was given up goes on unseen and gives the lock back at once.
  void start(std::shared_ptr<Operation> operation);

  /// Gives the lock back.
  void abandon() noexcept override;

 private:
  void wait(Operation& operation);

  std::shared_ptr<Runtime> runtime_;
  const std::string path_;
  std::mutex mutex_;
  bool abandoned_ = false;
  platform::FileLock lock_;
};

}  // namespace scard
