// Keeps the addon loadable on glibc 2.28 with GCC 8's libstdc++, which is what Node itself asks
// for, although a newer compiler builds it: the linker sends here what only newer ones have
// (native/binding/glibc_floor.cmake), and it is answered with what the old ones have.
// scripts/prebuild/inspect.mjs reads the result.
#include <cstddef>  // any header of glibc tells that it is one

// On the processors that there are prebuilds for; elsewhere the addon is built where it runs.
#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__) || defined(__arm__))

#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <new>

// The first version that glibc had on each processor; it is kept for ever.
#if defined(__x86_64__)
#define SCARD_FIRST_GLIBC "2.2.5"
#elif defined(__aarch64__)
#define SCARD_FIRST_GLIBC "2.17"
#else
#define SCARD_FIRST_GLIBC "2.4"
#endif
#define SCARD_OLD(name) __asm__(".symver old_" #name "," #name "@GLIBC_" SCARD_FIRST_GLIBC)

SCARD_OLD(dlopen);
SCARD_OLD(dlsym);
SCARD_OLD(dlerror);
SCARD_OLD(pthread_mutex_trylock);
SCARD_OLD(pthread_rwlock_rdlock);
SCARD_OLD(pthread_rwlock_unlock);
SCARD_OLD(pthread_rwlock_timedwrlock);
SCARD_OLD(dladdr);

namespace {

constexpr long kNanosecondsPerSecond = 1'000'000'000;

/// `deadline` of `clock` as one of the wall clock, which the first functions count by.
timespec onWallClock(clockid_t clock, const timespec& deadline) {
  timespec now{};
  timespec wall{};
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &wall);
  wall.tv_sec += deadline.tv_sec - now.tv_sec;
  wall.tv_nsec += deadline.tv_nsec - now.tv_nsec;
  if (wall.tv_nsec < 0) {
    wall.tv_nsec += kNanosecondsPerSecond;
    --wall.tv_sec;
  } else if (wall.tv_nsec >= kNanosecondsPerSecond) {
    wall.tv_nsec -= kNanosecondsPerSecond;
    ++wall.tv_sec;
  }
  return wall;
}

}  // namespace

// The names are the linker's.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {

void* old_dlopen(const char* path, int flags);
void* old_dlsym(void* library, const char* name);
char* old_dlerror();
int old_dladdr(const void* address, Dl_info* info);
int old_pthread_mutex_trylock(pthread_mutex_t* mutex);
int old_pthread_rwlock_rdlock(pthread_rwlock_t* lock);
int old_pthread_rwlock_unlock(pthread_rwlock_t* lock);
int old_pthread_rwlock_timedwrlock(pthread_rwlock_t* lock, const timespec* deadline);

// 2.34 moved these between libraries.
void* __wrap_dlopen(const char* path, int flags) { return old_dlopen(path, flags); }
void* __wrap_dlsym(void* library, const char* name) { return old_dlsym(library, name); }
char* __wrap_dlerror() { return old_dlerror(); }
int __wrap_dladdr(const void* address, Dl_info* info) { return old_dladdr(address, info); }
int __wrap_pthread_mutex_trylock(pthread_mutex_t* mutex) {
  return old_pthread_mutex_trylock(mutex);
}
int __wrap_pthread_rwlock_rdlock(pthread_rwlock_t* lock) { return old_pthread_rwlock_rdlock(lock); }
int __wrap_pthread_rwlock_unlock(pthread_rwlock_t* lock) { return old_pthread_rwlock_unlock(lock); }

// 2.30 brought waits by a clock of the caller's choice. Where they are missing, a wall clock that
// is set meanwhile makes a wait shorter or longer; callers look at their own clock when woken.
int __wrap_pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                  clockid_t clock, const timespec* deadline) {
  using Wait = int (*)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
  static const auto wait =
      reinterpret_cast<Wait>(old_dlsym(RTLD_DEFAULT, "pthread_cond_clockwait"));
  if (wait != nullptr) return wait(condition, mutex, clock, deadline);
  const timespec wall = onWallClock(clock, *deadline);
  return pthread_cond_timedwait(condition, mutex, &wall);
}

int __wrap_pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock,
                                      const timespec* deadline) {
  using Lock = int (*)(pthread_rwlock_t*, clockid_t, const timespec*);
  static const auto take =
      reinterpret_cast<Lock>(old_dlsym(RTLD_DEFAULT, "pthread_rwlock_clockwrlock"));
  if (take != nullptr) return take(lock, clock, deadline);
  const timespec wall = onWallClock(clock, *deadline);
  return old_pthread_rwlock_timedwrlock(lock, &wall);
}

// 2.32: libstdc++ counts references without atomics while a program has one thread. Ours has more.
char __wrap___libc_single_threaded = 0;

// libstdc++ of GCC 11 and 12, under the names that the compiler gives them.
[[noreturn]] void __wrap__ZSt28__throw_bad_array_new_lengthv() {
  throw std::bad_array_new_length();
}

void __wrap__ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE(
    std::condition_variable* condition, std::unique_lock<std::mutex>* lock) {
  if (pthread_cond_wait(condition->native_handle(), lock->mutex()->native_handle()) != 0) {
    std::abort();  // as the library does: only a broken lock can fail here
  }
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)

#endif
