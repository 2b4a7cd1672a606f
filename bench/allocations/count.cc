// Preloaded into a process: counts the heap allocations that the addon itself makes, by the address
// they are asked from. SCARD_BENCH_ALLOCATIONS names the file where the two counts stand, 8 bytes
// each: the addon's, and the whole process's.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

#define COUNT_EXPORT __attribute__((visibility("default")))

namespace {

struct Counts {
  std::atomic<std::uint64_t> addon;
  std::atomic<std::uint64_t> all;
};

struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

Counts own;
std::atomic<Counts*> counts{&own};
std::atomic<std::uintptr_t> addonBegin{0};
std::atomic<std::uintptr_t> addonEnd{0};

int look(dl_phdr_info* info, std::size_t, void* found) {
  if (info->dlpi_name == nullptr || std::strstr(info->dlpi_name, "scard.node") == nullptr) return 0;
  auto& range = *static_cast<Range*>(found);
  range.begin = info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    const std::uintptr_t end = info->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    if (segment.p_type == PT_LOAD && end > range.end) range.end = end;
  }
  return 1;
}

void count(const void* from) {
  Counts& now = *counts.load(std::memory_order_relaxed);
  now.all.fetch_add(1, std::memory_order_relaxed);
  const auto address = reinterpret_cast<std::uintptr_t>(from);
  if (address >= addonBegin.load(std::memory_order_relaxed) &&
      address < addonEnd.load(std::memory_order_relaxed))
    now.addon.fetch_add(1, std::memory_order_relaxed);
}

__attribute__((constructor)) void start() {
  const char* path = std::getenv("SCARD_BENCH_ALLOCATIONS");
  if (path == nullptr) return;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* memory = mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory != MAP_FAILED) counts = static_cast<Counts*>(memory);
  close(file);
}

void* orThrow(void* memory) {
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// The addon's place is looked up when it has been loaded: dlopen is called for it once.
extern "C" COUNT_EXPORT void* dlopen(const char* path, int mode) {
  using Open = void* (*)(const char*, int);
  static const Open next = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "dlopen"));
  void* library = next(path, mode);
  if (path != nullptr && std::strstr(path, "scard.node") != nullptr) {
    Range range;
    dl_iterate_phdr(look, &range);
    addonBegin = range.begin;
    addonEnd = range.end;
  }
  return library;
}

extern "C" COUNT_EXPORT void* malloc(std::size_t size) {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}

extern "C" COUNT_EXPORT void* calloc(std::size_t number, std::size_t size) {
  count(__builtin_return_address(0));
  return __libc_calloc(number, size);
}

extern "C" COUNT_EXPORT void* realloc(void* memory, std::size_t size) {
  count(__builtin_return_address(0));
  return __libc_realloc(memory, size);
}

COUNT_EXPORT void* operator new(std::size_t size) {
  count(__builtin_return_address(0));
  return orThrow(__libc_malloc(size));
}

COUNT_EXPORT void* operator new[](std::size_t size) {
  count(__builtin_return_address(0));
  return orThrow(__libc_malloc(size));
}

COUNT_EXPORT void* operator new(std::size_t size, std::align_val_t alignment) {
  count(__builtin_return_address(0));
  return orThrow(__libc_memalign(static_cast<std::size_t>(alignment), size));
}

COUNT_EXPORT void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}
