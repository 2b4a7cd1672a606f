// A mutex that is held for nanoseconds is not worth sleeping for.
#pragma once

#include <cstddef>
#include <mutex>

#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64) || defined(_M_IX86)
#include <immintrin.h>
#endif

namespace scard {

/// What one thread writes again and again is kept so far from what others read: a line of memory
/// goes from one processor to the other as a whole, for as much as a short call takes.
inline constexpr std::size_t kApart = 64;

/// Tells the processor that this thread waits for another one in a loop.
inline void cpuRelax() {
#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64) || defined(_M_IX86)
  _mm_pause();
#elif defined(__GNUC__) && (defined(__aarch64__) || defined(__arm__))
  __asm__ __volatile__("yield");
#endif
}

/// Locks, trying some times before it sleeps: falling asleep and being woken takes a hundred times
/// as long as what is done under the locks on the way of an APDU.
inline std::unique_lock<std::mutex> lockBriefly(std::mutex& mutex) {
  std::unique_lock lock(mutex, std::defer_lock);
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (lock.try_lock()) return lock;
    cpuRelax();
  }
  lock.lock();
  return lock;
}

}  // namespace scard
