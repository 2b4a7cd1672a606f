// Locks between processes that the kernel gives back when a process dies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace scard::platform {

/// A file locked for this object alone: flock, LockFileEx. The file stays and holds nothing.
class FileLock {
 public:
  FileLock();
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  enum class Result : std::uint8_t { kLocked, kNoAccess, kFailed };

  /// Makes the file (UTF-8 path) if need be and waits, without end, until nobody else has it
  /// locked.
  Result lock(const std::string& path);

  /// Nothing when it is not locked.
  void unlock() noexcept;

  void swap(FileLock& other) noexcept { state_.swap(other.state_); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scard::platform
