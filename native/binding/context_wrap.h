// `Context` of binding.d.ts.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <vector>

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

  // In context_database.cc: card types, readers and groups, locating, metadata, cache and audit.
  static std::vector<napi_property_descriptor> databaseMethods();
  Napi::Value introduceCardType(const Napi::CallbackInfo& info);
  Napi::Value forgetCardType(const Napi::CallbackInfo& info);
  Napi::Value listCards(const Napi::CallbackInfo& info);
  Napi::Value listInterfaces(const Napi::CallbackInfo& info);
  Napi::Value getProviderId(const Napi::CallbackInfo& info);
  Napi::Value getCardTypeProviderName(const Napi::CallbackInfo& info);
  Napi::Value setCardTypeProviderName(const Napi::CallbackInfo& info);
  Napi::Value introduceReader(const Napi::CallbackInfo& info);
  Napi::Value forgetReader(const Napi::CallbackInfo& info);
  Napi::Value introduceReaderGroup(const Napi::CallbackInfo& info);
  Napi::Value forgetReaderGroup(const Napi::CallbackInfo& info);
  Napi::Value addReaderToGroup(const Napi::CallbackInfo& info);
  Napi::Value removeReaderFromGroup(const Napi::CallbackInfo& info);
  Napi::Value locateCards(const Napi::CallbackInfo& info);
  Napi::Value locateCardsByAtr(const Napi::CallbackInfo& info);
  Napi::Value getDeviceTypeId(const Napi::CallbackInfo& info);
  Napi::Value getReaderIcon(const Napi::CallbackInfo& info);
  Napi::Value getReaderDeviceInstanceId(const Napi::CallbackInfo& info);
  Napi::Value listReadersWithDeviceInstanceId(const Napi::CallbackInfo& info);
  Napi::Value readCache(const Napi::CallbackInfo& info);
  Napi::Value writeCache(const Napi::CallbackInfo& info);
  Napi::Value audit(const Napi::CallbackInfo& info);

  /// Runs `body` on the context's thread, as the operation of the call.
  Napi::Value begin(const char* call, std::function<Outcome(const PcscContext&)> body);

  std::shared_ptr<Host> host_;
  Owner<ContextSession> session_;
};

}  // namespace scard::binding
