// Keeps SCardReleaseContext apart from SCardDisconnect, in all threads of the process.
#pragma once

#include <mutex>
#include <shared_mutex>

namespace scard {

/// pcsclite (seen in 1.9.9) ends SCardDisconnect with a walk over every context of the process,
/// without the lock under which SCardReleaseContext frees them: together they crash. Disconnects go
/// on side by side; a release waits for them.
class ReleaseGuard {
 public:
  /// One for the process, as the library's list of contexts is: workers share it.
  static ReleaseGuard& ofProcess();

  /// For the time of a SCardDisconnect.
  [[nodiscard]] std::shared_lock<std::shared_timed_mutex> disconnecting();

  /// For the time of a SCardReleaseContext. Not for ever: a disconnect that takes long is blocked
  /// in the daemon, behind a card that does not answer, and walks nothing; other cards must not
  /// wait for it.
  [[nodiscard]] std::unique_lock<std::shared_timed_mutex> releasing();

 private:
  std::shared_timed_mutex mutex_;
};

}  // namespace scard
