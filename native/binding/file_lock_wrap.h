// `FileLock` of binding.d.ts.
#pragma once

#include <napi.h>

#include "core/file_lock_session.h"

namespace scard::binding {

class FileLockWrap {
 public:
  static constexpr const char* kName = "FileLock";
  static constexpr napi_type_tag kTag{0x5ca4d00000000009, 0x31f0c84b77a25d19};

  static Napi::Function define(Napi::Env env);
  static Napi::Object create(Napi::Env env, Owner<FileLockSession> lock);

 private:
  explicit FileLockWrap(Owner<FileLockSession> lock) : lock_(std::move(lock)) {}

  Napi::Value release(const Napi::CallbackInfo& info);

  Owner<FileLockSession> lock_;
};

}  // namespace scard::binding
