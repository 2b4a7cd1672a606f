#include "core/interrupter.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace scard {

namespace {
constexpr std::chrono::milliseconds kFirstPause{1};
constexpr std::chrono::milliseconds kLongestPause{50};
}  // namespace

bool Interruptible::enter(const PcscContext& context) {
  const std::lock_guard lock(mutex_);
  if (interrupted_) return false;
  waitingOn_ = &context;
  return true;
}

bool Interruptible::leave() {
  const std::lock_guard lock(mutex_);
  waitingOn_ = nullptr;
  return cancelled_;
}

bool Interruptible::interrupt() {
  // Held during SCardCancel, so that the context cannot be released under it.
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  if (waitingOn_ == nullptr) return false;
  cancelled_ = true;
  waitingOn_->cancel();
  return true;
}

void Interrupter::add(WorkerGroup& workers, std::shared_ptr<Interruptible> wait) {
  bool start = false;
  {
    const std::lock_guard lock(mutex_);
    waits_.push_back(std::move(wait));
    start = !std::exchange(running_, true);
    changed_.notify_one();
  }
  if (!start) return;
  if (workers.spawn("scard-cancel", [self = shared_from_this()] { self->run(); })) return;
  // No thread to be had: interrupt once from here; the waits end now or with their own timeouts.
  std::vector<std::shared_ptr<Interruptible>> waits;
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    waits = std::exchange(waits_, {});
  }
  for (const auto& known : waits) known->interrupt();
}

void Interrupter::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void Interrupter::run() {
  auto pause = kFirstPause;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (waits_.empty()) {
      pause = kFirstPause;
      changed_.wait(lock, [this] { return closed_ || !waits_.empty(); });
      if (waits_.empty()) break;
    }
    auto waits = std::exchange(waits_, {});
    lock.unlock();
    std::erase_if(waits, [](const auto& wait) { return !wait->interrupt(); });
    lock.lock();
    waits_.insert(waits_.end(), waits.begin(), waits.end());
    if (!waits_.empty()) {
      changed_.wait_for(lock, pause);
      pause = std::min(pause * 2, kLongestPause);
    }
  }
  running_ = false;
}

}  // namespace scard
