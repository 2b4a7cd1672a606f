// Receive buffers, large enough for the largest response APDU, reused between calls.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace scard {

/// 65 536 bytes of data and two of status word (ISO/IEC 7816-4, 5.1): with less room a command
/// could be executed and its answer lost.
inline constexpr std::size_t kResponseCapacity = 65538;

class BufferPool;

/// A buffer on loan; goes back when destroyed.
class PooledBuffer {
 public:
  PooledBuffer(PooledBuffer&&) noexcept = default;
  PooledBuffer& operator=(PooledBuffer&&) noexcept = default;
  PooledBuffer(const PooledBuffer&) = delete;
  PooledBuffer& operator=(const PooledBuffer&) = delete;
  ~PooledBuffer();

  std::span<std::uint8_t> space() const { return {bytes_.get(), capacity_}; }

  /// Whether it is larger than those of the pool.
  bool grown() const { return capacity_ != kResponseCapacity; }
  /// Makes the buffer at least `capacity` long and keeps its first `kept` bytes. One that has
  /// grown is freed when destroyed and never lent again.
  void grow(std::size_t capacity, std::size_t kept);

 private:
  friend class BufferPool;
  PooledBuffer(std::shared_ptr<BufferPool> pool, std::unique_ptr<std::uint8_t[]> bytes);

  std::shared_ptr<BufferPool> pool_;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t capacity_ = kResponseCapacity;
};

class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  PooledBuffer take();

 private:
  friend class PooledBuffer;
  void giveBack(std::unique_ptr<std::uint8_t[]> bytes);

  std::mutex mutex_;
  std::vector<std::unique_ptr<std::uint8_t[]>> idle_;
};

/// What a card or reader answered: the first `length` bytes of a buffer.
struct ResponseBytes {
  PooledBuffer buffer;
  std::size_t length;

  std::span<const std::uint8_t> bytes() const { return buffer.space().first(length); }
};

}  // namespace scard
