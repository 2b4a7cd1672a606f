#include "binding/context_wrap.h"

#include <utility>

#include "binding/convert.h"
#include "binding/wrap.h"

namespace scard::binding {

ContextWrap::ContextWrap(std::shared_ptr<Host> host, Owner<ContextSession> session)
    : host_(std::move(host)), session_(std::move(session)) {}

Napi::Function ContextWrap::define(Napi::Env env) {
  std::vector<napi_property_descriptor> methods{
      method<ContextWrap, &ContextWrap::isValid>("isValid"),
      method<ContextWrap, &ContextWrap::listReaders>("listReaders"),
      method<ContextWrap, &ContextWrap::listReaderGroups>("listReaderGroups"),
      method<ContextWrap, &ContextWrap::getStatusChange>("getStatusChange"),
      method<ContextWrap, &ContextWrap::cancel>("cancel"),
      method<ContextWrap, &ContextWrap::connect>("connect"),
      method<ContextWrap, &ContextWrap::close>("close")};
  const auto database = databaseMethods();
  methods.insert(methods.end(), database.begin(), database.end());
  return defineClass(env, kName, &constructInternally<ContextWrap>, methods);
}

Napi::Object ContextWrap::create(Napi::Env env, const std::shared_ptr<Host>& host,
                                 Owner<ContextSession> session) {
  return construct(env, classes(env).context,
                   std::unique_ptr<ContextWrap>(new ContextWrap(host, std::move(session))));
}

Napi::Value ContextWrap::isValid(const Napi::CallbackInfo&) {
  const auto operation = host_->begin("SCardIsValidContext");
  session_->isValid(operation);
  return host_->id(*operation);
}

Napi::Value ContextWrap::listReaders(const Napi::CallbackInfo& info) {
  std::optional<std::vector<std::string>> groups;
  if (!info[0].IsUndefined()) groups = toStrings(info, 0);
  const auto operation = host_->begin("SCardListReaders");
  session_->listReaders(std::move(groups), operation);
  return host_->id(*operation);
}

Napi::Value ContextWrap::listReaderGroups(const Napi::CallbackInfo&) {
  const auto operation = host_->begin("SCardListReaderGroups");
  session_->listReaderGroups(operation);
  return host_->id(*operation);
}

Napi::Value ContextWrap::getStatusChange(const Napi::CallbackInfo& info) {
  std::vector<ReaderQuery> readers = toReaderQueries(info, 0);
  const std::uint32_t timeout = toUint32(info, 2);
  const auto operation = host_->begin("SCardGetStatusChange");
  session_->getStatusChange(std::move(readers), timeout, operation);
  return host_->id(*operation);
}

Napi::Value ContextWrap::cancel(const Napi::CallbackInfo& info) {
  session_->cancelWaits();
  return info.Env().Undefined();
}

Napi::Value ContextWrap::connect(const Napi::CallbackInfo& info) {
  ConnectRequest request;
  request.reader = toString(info, 0);
  request.options = {toUint32(info, 1), toUint32(info, 2)};
  request.disposition = static_cast<Disposition>(toUint32(info, 3));
  const auto operation = host_->begin("SCardConnect");
  session_->connect(std::move(request), operation);
  return host_->id(*operation);
}

Napi::Value ContextWrap::close(const Napi::CallbackInfo&) {
  const auto operation = host_->begin("SCardReleaseContext");
  session_->close(operation);
  return host_->id(*operation);
}

}  // namespace scard::binding
