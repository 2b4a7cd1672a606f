#include <dlfcn.h>
#include <pthread.h>

#include "platform/platform.h"

namespace scard::platform {

std::vector<std::string> libraryPaths() { return {"libpcsclite.so.1"}; }

void* findFunction(void* library, const char* name) { return dlsym(library, name); }

void nameThread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace scard::platform
