// What the C++ library of glibc asks of its C library and musl does not have: enough to start Bun.
// Nothing that ships is linked against this.
void* __dso_handle __attribute__((visibility("hidden"))) = &__dso_handle;
char __libc_single_threaded = 0;

// No shortcut: the unwinder then walks the list of loaded objects.
int _dl_find_object(void* address, void* result) {
  (void)address;
  (void)result;
  return -1;
}

unsigned arc4random(void) { return 4; }
