#include "core/buffer_pool.h"

#include <algorithm>
#include <utility>

namespace scard {

namespace {
// Kept for reuse; a burst of more answers than this allocates and frees.
constexpr std::size_t kIdleBuffers = 8;
}  // namespace

PooledBuffer::PooledBuffer(std::shared_ptr<BufferPool> pool, std::unique_ptr<std::uint8_t[]> bytes)
    : pool_(std::move(pool)), bytes_(std::move(bytes)) {}

PooledBuffer::~PooledBuffer() {
  if (bytes_ != nullptr && capacity_ == kResponseCapacity) pool_->giveBack(std::move(bytes_));
}

void PooledBuffer::grow(std::size_t capacity, std::size_t kept) {
  if (capacity <= capacity_) return;
  std::unique_ptr<std::uint8_t[]> larger(new std::uint8_t[capacity]);
  std::copy_n(bytes_.get(), kept, larger.get());
  bytes_.swap(larger);
  if (capacity_ == kResponseCapacity) pool_->giveBack(std::move(larger));
  capacity_ = capacity;
}

PooledBuffer BufferPool::take() {
  std::unique_ptr<std::uint8_t[]> bytes;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      bytes = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  // Not value-initialised: 64 KiB need not be cleared for an answer of two bytes.
  if (bytes == nullptr) bytes.reset(new std::uint8_t[kResponseCapacity]);
  return {shared_from_this(), std::move(bytes)};
}

void BufferPool::giveBack(std::unique_ptr<std::uint8_t[]> bytes) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleBuffers) idle_.push_back(std::move(bytes));
}

}  // namespace scard
