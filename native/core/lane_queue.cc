#include "core/lane_queue.h"

#include <utility>

namespace scard {

namespace {

void fail(const Job& job, Reason reason) { job.operation->settle(failure(*job.operation, reason)); }

void fail(const std::deque<Job>& jobs, Reason reason) {
  for (const Job& job : jobs) fail(job, reason);
}

}  // namespace

void LaneQueue::push(Lane lane, Job job) {
  std::optional<Reason> refusal;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      refusal = Reason::kClosed;
    } else if (lane == 0) {
      outside_.push_back(std::move(job));
    } else if (lane != open_ || ending_) {
      refusal = Reason::kTransactionEnded;
    } else {
      inside_.push_back(std::move(job));
    }
    if (!refusal.has_value()) changed_.notify_one();
  }
  if (refusal.has_value()) fail(job, *refusal);
}

void LaneQueue::pushEnd(Lane lane, Job job) {
  std::optional<Reason> refusal;
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      refusal = Reason::kClosed;
    } else if (lane == 0 || lane != open_ || ending_) {
      refusal = Reason::kTransactionEnded;
    } else {
      ending_ = true;
      dropped = std::exchange(inside_, {});
      inside_.push_back(std::move(job));
      changed_.notify_one();
    }
  }
  fail(dropped, Reason::kTransactionEnded);
  if (refusal.has_value()) fail(job, *refusal);
}

bool LaneQueue::runnable() const { return open_ != 0 ? !inside_.empty() : !outside_.empty(); }

std::optional<Job> LaneQueue::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || runnable(); });
  if (closed_ && final_.empty()) return std::nullopt;
  std::deque<Job>& queue = closed_ ? final_ : open_ != 0 ? inside_ : outside_;
  Job job = std::move(queue.front());
  queue.pop_front();
  return job;
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
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    open_ = 0;
    ending_ = false;
    dropped = std::exchange(inside_, {});
  }
  fail(dropped, Reason::kTransactionEnded);
}

void LaneQueue::close() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (std::deque<Job>* queue : {&inside_, &outside_}) {
      for (Job& job : *queue) (job.mustRun ? final_ : dropped).push_back(std::move(job));
      queue->clear();
    }
    changed_.notify_all();
  }
  fail(dropped, Reason::kClosed);
}

void LaneQueue::closeWith(Job job) {
  bool refused = false;
  {
    const std::lock_guard lock(mutex_);
    refused = closed_;
    if (!refused) final_.push_back(std::move(job));
    closed_ = true;
  }
  if (refused) {
    fail(job, Reason::kClosed);
  } else {
    close();
  }
}

bool LaneQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace scard
