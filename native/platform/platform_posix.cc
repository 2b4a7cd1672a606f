#if !defined(_WIN32)

#include <dlfcn.h>

#include "platform/platform.h"

namespace scard::platform {

// pcsclite takes and gives bytes; names are UTF-8 by convention and pass through untouched.
String encode(std::string_view utf8) { return String(utf8); }

std::string decode(StringView text) { return std::string(text); }

void* openLibrary(const std::string& path, std::string& message) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    message = reason != nullptr ? reason : "unknown loader error";
  }
  return library;
}

Dialect dialect() { return Dialect{}; }

std::uint32_t controlCode(std::uint32_t function) { return 0x42000000U + function; }

void pinModule() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&pinModule), &info) != 0 && info.dli_fname != nullptr) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

}  // namespace scard::platform

#endif
