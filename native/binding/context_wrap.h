// `Context` of binding.d.ts.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/host.h"
#include "core/context_session.h"

namespace scard::binding {

class ContextWrap {
 public:
  static constexpr const char* kName = "Context";
  static constexpr napi_type_tag kTag{0x5ca4d00000000001, 0x9b1f7c3e2a6d4850};

  static Napi::Function define(Napi::Env env);
  static Napi::Object create(Napi::Env env, const std::shared_ptr<Host>& host,
                             Owner<ContextSession> session);

 private:
  ContextWrap(std::shared_ptr<Host> host, Owner<ContextSession> session);

  Napi::Value isValid(const Napi::CallbackInfo& info);
  Napi::Value listReaders(const Napi::CallbackInfo& info);
  Napi::Value listReaderGroups(const Napi::CallbackInfo& info);
  Napi::Value getStatusChange(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value connect(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  std::shared_ptr<Host> host_;
  Owner<ContextSession> session_;
};

}  // namespace scard::binding
