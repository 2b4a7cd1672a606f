// What the wrapped objects of one JavaScript environment share.
#pragma once

#include <napi.h>

#include <memory>
#include <unordered_map>

#include "binding/hand_off.h"
#include "binding/js_sink.h"
#include "core/operation.h"
#include "core/runtime.h"

namespace scard::binding {

/// Lives on the JavaScript thread. Shuts the runtime down when the environment ends, or when the
/// last object that shares it is collected.
class Host : public std::enable_shared_from_this<Host> {
 public:
  /// `wake` is the facade's callback for when something has finished.
  static std::shared_ptr<Host> create(Napi::Env env, Napi::Function wake);

  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();  // NOLINT(bugprone-exception-escape): see there

  const std::shared_ptr<Runtime>& runtime() const { return runtime_; }
  HandOff& handOff() { return handOff_; }

  /// A new operation. The process stays alive until it is settled, unless told otherwise.
  std::shared_ptr<Operation> begin(const char* call);

  /// Says whether a pending operation keeps the process alive. Nothing when it has been delivered.
  void setKeepsAlive(OperationId id, bool wanted);

  /// An operation has been delivered.
  void forget(OperationId id);

  /// The process stays alive for one thing more, or less.
  void countKeeping(bool more);

  /// An operation's id as JavaScript sees it.
  Napi::Value id(const Operation& operation) const;

 private:
  Host(Napi::Env env, Napi::Function wake);

  void wake();
  void close(bool wait);
  static void onEnvironmentExit(void* self);

  Napi::Env env_;
  Napi::FunctionReference wake_;
  std::shared_ptr<JsSink> sink_;
  std::shared_ptr<Runtime> runtime_;
  HandOff handOff_;
  // Whether each operation that was not delivered yet keeps the process alive.
  std::unordered_map<OperationId, bool> pending_;
  std::size_t keepingAlive_ = 0;
  bool closed_ = false;
};

}  // namespace scard::binding
