// Node-API on Windows, found at run time: this file defines the import slot (`__imp_NAME`) of every
// function, which calls through the headers' dllimport declarations go by, and fills the slots from
// the program that has loaded the addon, whatever its name: node, a renamed node, Electron, Bun,
// Deno.
#if defined(_WIN32)

#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>

// Not included with the headers of Node-API: the slots have the compiler's own names.
extern "C" {
#define SCARD_NODE_API(name) void* __imp_##name = nullptr;
#include "node_api_names.inc"
#undef SCARD_NODE_API
}

namespace {

struct Slot {
  const char* name;
  void** address;
};

constexpr Slot kSlots[] = {
#define SCARD_NODE_API(name) {#name, &__imp_##name},
#include "node_api_names.inc"
#undef SCARD_NODE_API
};

/// What a slot holds that the program does not offer. The addon asks for Node-API 8, which is in
/// every program that loads it; newer functions have slots too but are not called.
void missing() {
  std::fputs("scard: this program does not offer Node-API 8\n", stderr);
  std::abort();
}

void* findInProgram(const char* name) {
  // Node as a library first: there the program itself offers nothing.
  for (const wchar_t* module : {L"libnode.dll", L"node.dll"}) {
    HMODULE library = GetModuleHandleW(module);
    if (library == nullptr) continue;
    if (FARPROC found = GetProcAddress(library, name)) return reinterpret_cast<void*>(found);
  }
  return reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(nullptr), name));
}

/// Runs when the addon is loaded, before anything in it calls Node-API.
struct FillSlots {
  FillSlots() {
    for (const Slot& slot : kSlots) {
      void* found = findInProgram(slot.name);
      *slot.address = found != nullptr ? found : reinterpret_cast<void*>(&missing);
    }
  }
} const fillSlots;

}  // namespace

#endif
