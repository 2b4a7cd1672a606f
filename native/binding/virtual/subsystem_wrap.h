// `VirtualSubsystem` of binding.d.ts: an embedded resource manager and the hands that plug readers
// and insert cards.
#pragma once

#include <napi.h>

#include <memory>

#include "core/library.h"
#include "core/virtual/resource_manager.h"

namespace scard::binding {

class SubsystemWrap {
 public:
  static constexpr const char* kName = "VirtualSubsystem";
  static constexpr napi_type_tag kTag{0x5ca4d00000000005, 0x9b1f7c3e2a6d4854};

  static Napi::Function define(Napi::Env env);

  /// The subsystem as what a context is established on.
  const std::shared_ptr<const Library>& library() const { return library_; }

 private:
  explicit SubsystemWrap(virtualrm::ManagerOptions options);

  static napi_value construct(napi_env env, napi_callback_info raw);

  Napi::Value addReader(const Napi::CallbackInfo& info);
  Napi::Value removeReader(const Napi::CallbackInfo& info);
  Napi::Value readers(const Napi::CallbackInfo& info);
  Napi::Value snapshot(const Napi::CallbackInfo& info);
  Napi::Value insertCard(const Napi::CallbackInfo& info);
  Napi::Value removeCard(const Napi::CallbackInfo& info);
  Napi::Value stopService(const Napi::CallbackInfo& info);
  Napi::Value startService(const Napi::CallbackInfo& info);
  Napi::Value addFault(const Napi::CallbackInfo& info);
  Napi::Value clearFaults(const Napi::CallbackInfo& info);
  Napi::Value connectForeign(const Napi::CallbackInfo& info);
  Napi::Value lockForeign(const Napi::CallbackInfo& info);
  Napi::Value unlockForeign(const Napi::CallbackInfo& info);
  Napi::Value disconnectForeign(const Napi::CallbackInfo& info);
  Napi::Value queuePinEntry(const Napi::CallbackInfo& info);
  Napi::Value setAttribute(const Napi::CallbackInfo& info);
  Napi::Value statistics(const Napi::CallbackInfo& info);

  std::shared_ptr<virtualrm::ResourceManager> manager_;
  std::shared_ptr<const Library> library_;
};

}  // namespace scard::binding
