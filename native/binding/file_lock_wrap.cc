#include "binding/file_lock_wrap.h"

#include <memory>
#include <utility>

#include "binding/wrap.h"

namespace scard::binding {

Napi::Function FileLockWrap::define(Napi::Env env) {
  return defineClass(env, kName, &constructInternally<FileLockWrap>,
                     {method<FileLockWrap, &FileLockWrap::release>("release")});
}

Napi::Object FileLockWrap::create(Napi::Env env, Owner<FileLockSession> lock) {
  return construct(env, classes(env).fileLock,
                   std::unique_ptr<FileLockWrap>(new FileLockWrap(std::move(lock))));
}

Napi::Value FileLockWrap::release(const Napi::CallbackInfo& info) {
  lock_->abandon();
  return info.Env().Undefined();
}

}  // namespace scard::binding
