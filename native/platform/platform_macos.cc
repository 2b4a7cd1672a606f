#include <dlfcn.h>
#include <pthread.h>

#include <cstring>

#include "platform/platform.h"

namespace scard::platform {

std::vector<std::string> libraryPaths() {
  return {"/System/Library/Frameworks/PCSC.framework/PCSC",
          "/System/Library/Frameworks/PCSC.framework/Versions/A/PCSC"};
}

void* findFunction(void* library, const char* name) {
  // The plain SCardControl of the framework has the signature of macOS 10.4, without a control
  // code.
  if (std::strcmp(name, "SCardControl") == 0) name = "SCardControl132";
  return dlsym(library, name);
}

void nameThread(const char* name) { pthread_setname_np(name); }

}  // namespace scard::platform
