#include "core/runtime.h"

#include <utility>

namespace scard {

Runtime::Runtime(std::shared_ptr<CompletionSink> sink)
    : operations_(std::make_shared<Operations>(std::move(sink))),
      interrupter_(std::make_shared<Interrupter>()),
      buffers_(std::make_shared<BufferPool>()),
      spinPermits_(std::make_shared<SpinPermits>()) {}

Result<std::shared_ptr<const Library>> Runtime::library(const std::optional<std::string>& path) {
  const std::lock_guard lock(librariesMutex_);
  const std::string key = path.value_or(std::string());
  if (const auto known = libraries_.find(key); known != libraries_.end()) return known->second;
  auto loaded = Library::load(path);
  // A failure is not remembered: the library may be installed while the program runs.
  if (loaded.ok()) libraries_.emplace(key, loaded.value());
  return loaded;
}

void Runtime::track(const std::shared_ptr<Session>& session) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sessions_, [](const auto& known) { return known.expired(); });
  sessions_.push_back(session);
}

void Runtime::close(std::chrono::milliseconds patience) {
  operations_->close();
  std::vector<std::weak_ptr<Session>> sessions;
  {
    const std::lock_guard lock(mutex_);
    sessions = std::exchange(sessions_, {});
  }
  for (const auto& known : sessions) {
    if (const auto session = known.lock()) session->abandon();
  }
  interrupter_->close();
  static_cast<void>(workers_.waitUntil(0, patience));
}

}  // namespace scard
