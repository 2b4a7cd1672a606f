// Brings finished operations to the JavaScript thread.
#pragma once

#include <utility>
#include <vector>

#include "binding/js_channel.h"
#include "core/operation.h"

namespace scard::binding {

class JsSink final : public CompletionSink {
 public:
  JsSink(Napi::Env env, JsChannel<Completion>::Drain drain)
      : channel_(env, "scard", std::move(drain)) {}

  void deliver(Completion completion) noexcept override { channel_.send(std::move(completion)); }

  std::vector<Completion> take() { return channel_.take(); }
  void keepAlive(Napi::Env env, bool wanted) { channel_.keepAlive(env, wanted); }
  void close() { channel_.close(); }

 private:
  JsChannel<Completion> channel_;
};

}  // namespace scard::binding
