// Which script of a card runs, how far it is, and which ones somebody wants stopped.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "core/operation.h"

namespace scard {

/// Written by the card's thread and asked by others. A step costs one store and one load.
class ScriptDesk {
 public:
  /// One script under way, as its runner sees it.
  class Running final : public ScriptWatch {
   public:
    Running(ScriptDesk& desk, OperationId operation) : desk_(desk), operation_(operation) {
      desk_.running_.store(operation_, std::memory_order_relaxed);
      desk_.done_.store(0, std::memory_order_release);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() override {
      desk_.running_.store(0, std::memory_order_release);
      const std::lock_guard lock(desk_.mutex_);
      std::erase(desk_.unwanted_, operation_);
      desk_.anyUnwanted_.store(!desk_.unwanted_.empty(), std::memory_order_release);
    }

    void progressed(std::uint32_t steps) override {
      desk_.done_.store(steps, std::memory_order_release);
    }
    bool stopAsked() override {
      if (!desk_.anyUnwanted_.load(std::memory_order_acquire)) return false;
      const std::lock_guard lock(desk_.mutex_);
      return std::ranges::find(desk_.unwanted_, operation_) != desk_.unwanted_.end();
    }

   private:
    ScriptDesk& desk_;
    const OperationId operation_;
  };

  void stop(OperationId operation) {
    const std::lock_guard lock(mutex_);
    unwanted_.push_back(operation);
    anyUnwanted_.store(true, std::memory_order_release);
  }

  std::uint32_t done(OperationId operation) const {
    const std::uint32_t steps = done_.load(std::memory_order_acquire);
    // Another script may have begun since: then nothing is known, which is no harm.
    return running_.load(std::memory_order_acquire) == operation ? steps : 0;
  }

 private:
  std::atomic<OperationId> running_{0};
  std::atomic<std::uint32_t> done_{0};
  std::atomic<bool> anyUnwanted_{false};
  std::mutex mutex_;
  std::vector<OperationId> unwanted_;
};

}  // namespace scard
