#include "core/service_watch.h"

#include <utility>

#include "core/errors/codes.gen.h"

namespace scard {

namespace {
constexpr const char* kAccessStarted = "SCardAccessStartedEvent";
}  // namespace

ServiceWatch::ServiceWatch(std::shared_ptr<Runtime> runtime, ContextRequest request)
    : runtime_(std::move(runtime)), request_(std::move(request)) {}

void ServiceWatch::start(std::shared_ptr<Operation> operation) {
  operation->onCancel([watch = weak_from_this()] {
    if (const auto alive = watch.lock()) alive->wait_.end();
  });
  runtime_->track(shared_from_this());
  const bool started =
      runtime_->workers().spawn("scard-started", [self = shared_from_this(), operation] {
        // Everything is given back before the caller hears of the outcome.
        Outcome outcome = self->watch();
        operation->settle(std::move(outcome));
      });
  if (!started) operation->settle(failure(*operation, Reason::kNoThread));
}

Outcome ServiceWatch::watch() {
  std::shared_ptr<const Library> library = request_.library;
  if (library == nullptr) {
    auto loaded = runtime_->library(request_.libraryPath);
    if (!loaded.ok()) return std::move(loaded.error());
    library = std::move(loaded.value());
  }
  if (!library->api().accessStartedEvent) return Error{kAccessStarted, 0, Reason::kFunctionMissing};
  void* const event = library->api().accessStartedEvent();
  if (event == nullptr) return Error{kAccessStarted, code::kNoService};
  const Counted counted(runtime_->counters().waits);
  const bool runs = wait_.wait(event);
  // The event is the library's: it is given back, not closed.
  if (library->api().releaseStartedEvent) library->api().releaseStartedEvent();
  if (!runs) return Error{kAccessStarted, code::kCancelled};
  return Value(std::monostate{});
}

void ServiceWatch::abandon() noexcept { wait_.end(); }

}  // namespace scard
