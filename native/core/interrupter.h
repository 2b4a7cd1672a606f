// Ends waits. pcsclite loses a SCardCancel that arrives before the wait has really begun, so it is
// repeated until the waiting thread reports that it is out of the call.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "core/pcsc_context.h"
#include "core/worker_group.h"

namespace scard {

/// One wait, as seen by the thread that waits and the one that interrupts.
class Interruptible {
 public:
  /// The waiting thread is about to wait on `context`. False when it has been interrupted before.
  bool enter(const PcscContext& context);

  /// The waiting thread is out of the call. True when SCardCancel was called meanwhile: the context
  /// may have a stray answer on its line and must not be used again.
  bool leave();

  /// True while the wait goes on and must be interrupted again.
  bool interrupt();

 private:
  std::mutex mutex_;
  const PcscContext* waitingOn_ = nullptr;
  bool interrupted_ = false;
  bool cancelled_ = false;
};

/// Repeats interrupts on a thread of its own, because SCardCancel talks to the daemon and may
/// block.
class Interrupter : public std::enable_shared_from_this<Interrupter> {
 public:
  /// Interrupts `wait` until it has left its call. Starts the thread at the first use.
  void add(WorkerGroup& workers, std::shared_ptr<Interruptible> wait);

  /// Ends the thread once nothing is left to interrupt.
  void close();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Interruptible>> waits_;
  bool running_ = false;
  bool closed_ = false;
};

}  // namespace scard
