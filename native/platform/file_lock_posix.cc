#if !defined(_WIN32)

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "platform/file_lock.h"

namespace scard::platform {

struct FileLock::State {
  int file = -1;
};

FileLock::FileLock() : state_(std::make_unique<State>()) {}
FileLock::~FileLock() { unlock(); }

FileLock::Result FileLock::lock(const std::string& path) {
  // Who may write the database may lock it: the umask has the last word.
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    const bool forbidden = errno == EACCES || errno == EPERM || errno == EROFS;
    return forbidden ? Result::kNoAccess : Result::kFailed;
  }
  int locked = 0;
  do {
    locked = ::flock(file, LOCK_EX);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0) {
    ::close(file);
    return Result::kFailed;
  }
  state_->file = file;
  return Result::kLocked;
}

void FileLock::unlock() noexcept {
  if (state_->file >= 0) ::close(state_->file);
  state_->file = -1;
}

}  // namespace scard::platform

#endif
