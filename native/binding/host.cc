#include "binding/host.h"

#include <chrono>
#include <utility>
#include <vector>

#include "binding/convert.h"

namespace scard::binding {

namespace {
// How long an ending environment waits for cards to be disconnected and contexts released. A call
// that PC/SC blocks for longer is left to its thread (or to the end of the process).
constexpr std::chrono::milliseconds kExitPatience{500};
}  // namespace

std::shared_ptr<Host> Host::create(Napi::Env env, Napi::Function wake) {
  std::shared_ptr<Host> host(new Host(env, wake));
  napi_add_env_cleanup_hook(env, &Host::onEnvironmentExit, host.get());
  return host;
}

Host::Host(Napi::Env env, Napi::Function wake)
    : env_(env),
      wake_(Napi::Persistent(wake)),
      sink_(std::make_shared<JsSink>(env, [this](Napi::Env) { this->wake(); })),
      runtime_(std::make_shared<Runtime>(sink_)),
      handOff_(*this, sink_) {}

// Deleting a reference throws only when the environment is gone, which this is the last to outlive.
// NOLINTNEXTLINE(bugprone-exception-escape)
Host::~Host() {
  if (closed_) return;
  napi_remove_env_cleanup_hook(env_, &Host::onEnvironmentExit, this);
  close(false);
}

void Host::onEnvironmentExit(void* self) { static_cast<Host*>(self)->close(true); }

void Host::close(bool wait) {
  closed_ = true;
  handOff_.abandon();
  sink_->close();
  runtime_->close(wait ? kExitPatience : std::chrono::milliseconds(0));
  handOff_.close();
  wake_.Reset();
}

std::shared_ptr<Operation> Host::begin(const char* call) {
  auto operation = runtime_->operations().create(call);
  pending_.emplace(operation->id(), true);
  countKeeping(true);
  return operation;
}

void Host::setKeepsAlive(OperationId id, bool wanted) {
  const auto entry = pending_.find(id);
  if (entry == pending_.end() || entry->second == wanted) return;
  entry->second = wanted;
  countKeeping(wanted);
}

void Host::forget(OperationId id) {
  setKeepsAlive(id, false);
  pending_.erase(id);
}

void Host::countKeeping(bool more) {
  const bool before = keepingAlive_ > 0;
  keepingAlive_ = more ? keepingAlive_ + 1 : keepingAlive_ - 1;
  const bool after = keepingAlive_ > 0;
  if (before != after) sink_->keepAlive(env_, after);
}

Napi::Value Host::id(const Operation& operation) const {
  return Napi::Number::New(env_, static_cast<double>(operation.id()));
}

void Host::wake() {
  if (closed_) return;
  // The callback may drop the last object that shares this host.
  const auto self = shared_from_this();
  wake_.Call({});
}

}  // namespace scard::binding
