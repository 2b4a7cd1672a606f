#if defined(_WIN32)

#include <windows.h>

#include "platform/file_lock.h"
#include "platform/platform.h"

namespace scard::platform {

struct FileLock::State {
  HANDLE file = INVALID_HANDLE_VALUE;
};

FileLock::FileLock() : state_(std::make_unique<State>()) {}
FileLock::~FileLock() { unlock(); }

FileLock::Result FileLock::lock(const std::string& path) {
  const HANDLE file = ::CreateFileW(encode(path).c_str(), GENERIC_READ | GENERIC_WRITE,
                                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                    OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    return ::GetLastError() == ERROR_ACCESS_DENIED ? Result::kNoAccess : Result::kFailed;
  }
  OVERLAPPED where{};
  if (::LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &where) == 0) {
    ::CloseHandle(file);
    return Result::kFailed;
  }
  state_->file = file;
  return Result::kLocked;
}

void FileLock::unlock() noexcept {
  // Closing alone gives the lock back some time later.
  if (state_->file != INVALID_HANDLE_VALUE) {
    OVERLAPPED where{};
    ::UnlockFileEx(state_->file, 0, 1, 0, &where);
    ::CloseHandle(state_->file);
  }
  state_->file = INVALID_HANDLE_VALUE;
}

}  // namespace scard::platform

#endif
