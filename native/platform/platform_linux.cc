#include <dlfcn.h>
#include <sys/prctl.h>

#include "platform/platform.h"

namespace scard::platform {

std::vector<std::string> libraryPaths() { return {"libpcsclite.so.1"}; }

void* findFunction(void* library, const char* name) { return dlsym(library, name); }

void nameThread(const char* name) { prctl(PR_SET_NAME, name); }

}  // namespace scard::platform
