#include "core/lane_queue.h"

#include <utility>

namespace scard {

namespace {

void fail(Job job, Reason reason) {
  if (job.exchange == nullptr) {
    job.operation->settle(failure(*job.operation, reason));
    return;
  }
  job.exchange->wipeCommand();
  job.exchange->fail(Error{Exchange::kCall, 0, reason});
  Exchange::deliver(std::move(job.exchange));
}

void fail(Fifo<Job> jobs, Reason reason) {
  while (!jobs.empty()) fail(jobs.pop(), reason);
}

}  // namespace

void LaneQueue::push(Lane lane, Job job) {
  std::optional<Reason> refusal;
  {
    const Lock lock = lockBriefly(mutex_);
    if (closed_) {
      refusal = Reason::kClosed;
    } else if (lane == 0) {
      outside_.push(std::move(job));
    } else if (lane != open_ || ending_) {
      refusal = Reason::kTransactionEnded;
    } else {
      inside_.push(std::move(job));
    }
    if (!refusal.has_value()) announce();
  }
  if (refusal.has_value()) fail(std::move(job), *refusal);
}

void LaneQueue::pushEnd(Lane lane, Job job) {
  std::optional<Reason> refusal;
  Fifo<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      refusal = Reason::kClosed;
    } else if (lane == 0 || lane != open_ || ending_) {
      refusal = Reason::kTransactionEnded;
    } else {
      ending_ = true;
      dropped = std::exchange(inside_, {});
      inside_.push(std::move(job));
      announce();
    }
  }
  fail(std::move(dropped), Reason::kTransactionEnded);
  if (refusal.has_value()) fail(std::move(job), *refusal);
}

bool LaneQueue::runnable() const { return open_ != 0 ? !inside_.empty() : !outside_.empty(); }

void LaneQueue::announce() {
  announced_.fetch_add(1, std::memory_order_release);
  if (sleeping_) changed_.notify_one();
}

std::optional<Job> LaneQueue::next() {
  Lock lock(mutex_);
  ended();
  sleep(lock);
  return take();
}

void LaneQueue::ended() {
  running_ = false;
  if (entering_) ended_.notify_one();
}

void LaneQueue::awake(Lock& lock, Pace& pace) {
  const std::uint32_t seen = announced_.load(std::memory_order_relaxed);
  lock.unlock();
  pace.spin([&] { return announced_.load(std::memory_order_acquire) != seen; });
  lock = lockBriefly(mutex_);
}

void LaneQueue::sleep(Lock& lock) {
  sleeping_ = true;
  changed_.wait(lock, [this] { return ready(); });
  sleeping_ = false;
}

std::optional<Job> LaneQueue::take() {
  if (closed_ && final_.empty()) return std::nullopt;
  Fifo<Job>& queue = closed_ ? final_ : open_ != 0 ? inside_ : outside_;
  running_ = true;
  return queue.pop();
}

std::optional<Reason> LaneQueue::enter(Lane lane, std::chrono::milliseconds patience) {
  Lock lock = lockBriefly(mutex_);
  if (running_ && !waiting()) {
    entering_ = true;
    ended_.wait_for(lock, patience, [this] { return !running_; });
    entering_ = false;
  }
  if (closed_) return Reason::kClosed;
  if (lane != 0 && (lane != open_ || ending_)) return Reason::kTransactionEnded;
  if (running_ || entered_ || waiting() || lane != open_) return Reason::kBusy;
  entered_ = true;
  return std::nullopt;
}

void LaneQueue::leave() {
  const Lock lock = lockBriefly(mutex_);
  entered_ = false;
  if (ready()) announce();
}

Lane LaneQueue::openLane() {
  const std::lock_guard lock(mutex_);
  // 0 means "outside", also after four thousand million transactions.
  if (++last_ == 0) ++last_;
  open_ = last_;
  ending_ = false;
  return open_;
}

void LaneQueue::closeLane() {
  Fifo<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    open_ = 0;
    ending_ = false;
    dropped = std::exchange(inside_, {});
  }
  fail(std::move(dropped), Reason::kTransactionEnded);
}

void LaneQueue::close() {
  Fifo<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (Fifo<Job>* queue : {&inside_, &outside_}) {
      while (!queue->empty()) {
        Job job = queue->pop();
        (job.mustRun ? final_ : dropped).push(std::move(job));
      }
    }
    announce();
  }
  fail(std::move(dropped), Reason::kClosed);
}

void LaneQueue::closeWith(Job job) {
  bool refused = false;
  {
    const std::lock_guard lock(mutex_);
    refused = closed_;
    if (!refused) final_.push(std::move(job));
    closed_ = true;
  }
  if (refused) {
    fail(std::move(job), Reason::kClosed);
  } else {
    close();
  }
}

bool LaneQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace scard
