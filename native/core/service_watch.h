// Waits until the resource manager runs, by its own event (winscard only).
#pragma once

#include <memory>

#include "core/context_session.h"
#include "core/operation.h"
#include "core/runtime.h"
#include "core/session.h"
#include "platform/event.h"

namespace scard {

/// SCardAccessStartedEvent, the wait for its event and SCardReleaseStartedEvent, on a thread of
/// their own.
class ServiceWatch final : public Session, public std::enable_shared_from_this<ServiceWatch> {
 public:
  /// Of `request` only the library matters.
  ServiceWatch(std::shared_ptr<Runtime> runtime, ContextRequest request);

  /// Settles `operation` without a value once the service runs. Cancelling it ends the wait.
  void start(std::shared_ptr<Operation> operation);

  void abandon() noexcept override;

 private:
  Outcome watch();

  std::shared_ptr<Runtime> runtime_;
  const ContextRequest request_;
  platform::EventWait wait_;
};

}  // namespace scard
