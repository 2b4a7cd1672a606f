// First in, first out, in one block of memory that is used again: std::deque allocates as it goes.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace scard {

template <typename Item>
class Fifo {
 public:
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }

  void push(Item item) {
    if (count_ == slots_.size()) grow();
    slots_[(first_ + count_) % slots_.size()] = std::move(item);
    ++count_;
  }

  /// The oldest. Only when there is one.
  Item pop() {
    Item item = std::exchange(slots_[first_], Item{});
    first_ = (first_ + 1) % slots_.size();
    --count_;
    return item;
  }

 private:
  void grow() {
    std::vector<Item> larger(slots_.empty() ? kFirst : slots_.size() * 2);
    const std::size_t count = count_;
    for (std::size_t i = 0; i < count; ++i) larger[i] = pop();
    slots_ = std::move(larger);
    first_ = 0;
    count_ = count;
  }

  static constexpr std::size_t kFirst = 8;

  std::vector<Item> slots_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace scard
