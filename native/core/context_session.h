// One established context as its user sees it: lists, waits, and the cards connected through it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/card_session.h"
#include "core/interrupter.h"
#include "core/lane_queue.h"
#include "core/library.h"
#include "core/operation.h"
#include "core/pcsc_context.h"
#include "core/runtime.h"
#include "core/session.h"

namespace scard {

/// How a context is established.
struct ContextRequest {
  std::uint32_t scope = 2;
  /// Path of the PC/SC library; the platform's own when empty.
  std::optional<std::string> libraryPath;
  /// A table that is already there, such as the virtual subsystem's.
  std::shared_ptr<const Library> library;
  /// Whether threads of its cards may wait awake for the next command; see core/pace.h.
  bool waitsAwake = true;
};

/// Lists run in order on the session's own thread. A wait takes a PC/SC context and a thread of its
/// own, because pcsclite keeps a context's lock for as long as a wait on it lasts.
class ContextSession final : public Session, public std::enable_shared_from_this<ContextSession> {
 public:
  ContextSession(std::shared_ptr<Runtime> runtime, ContextRequest request);

  /// Starts the thread, which establishes the context and settles `operation` with its owner.
  void start(std::shared_ptr<Operation> operation);

  /// Runs `body` on the session's thread, in the order of calls, and settles with what it gives.
  void call(std::function<Outcome(const PcscContext&)> body, std::shared_ptr<Operation> operation);

  void isValid(std::shared_ptr<Operation> operation);
  void listReaders(std::optional<std::vector<std::string>> groups,
                   std::shared_ptr<Operation> operation);
  void listReaderGroups(std::shared_ptr<Operation> operation);
  void getStatusChange(std::vector<ReaderQuery> readers, std::uint32_t timeout,
                       std::shared_ptr<Operation> operation);
  /// Ends every pending getStatusChange with SCARD_E_CANCELLED.
  void cancelWaits();
  void connect(ConnectRequest request, std::shared_ptr<Operation> operation);

  /// Abandons the cards, ends the waits, and releases the context when all of them are gone.
  void close(std::shared_ptr<Operation> operation);

  /// Gives up the context alone: cards and waits in flight have contexts of their own and go on.
  void abandon() noexcept override;

  // For the cards of this context.
  const std::shared_ptr<const Library>& library() const { return library_; }
  std::uint32_t scope() const { return request_.scope; }
  bool waitsAwake() const { return request_.waitsAwake; }
  void cardStarted(const std::shared_ptr<CardSession>& card);
  void cardEnded();

 private:
  struct Wait {
    std::shared_ptr<Operation> operation;
    std::vector<ReaderQuery> readers;
    std::uint32_t timeout;
    std::shared_ptr<Interruptible> interruptible;
  };

  void run(const std::shared_ptr<Operation>& operation);
  bool establish(Operation& operation);
  void waitLoop();
  std::optional<Wait> takeWait();
  std::optional<Result<std::vector<ReaderReport>>> waitOn(const Wait& wait,
                                                          std::optional<PcscContext>& context);
  void perform(const Wait& wait, std::optional<PcscContext>& context);
  void endWaits(std::optional<Reason> reason);
  void awaitDependants();

  std::shared_ptr<Runtime> runtime_;
  const ContextRequest request_;
  LaneQueue queue_;

  // Written by the session's thread before anyone else can see the session.
  std::shared_ptr<const Library> library_;
  std::optional<PcscContext> context_;
  std::optional<Counted> counted_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Wait> waits_;
  std::vector<OperationId> waiting_;
  std::vector<std::weak_ptr<CardSession>> cards_;
  std::size_t liveCards_ = 0;
  std::size_t waiters_ = 0;
  std::size_t idleWaiters_ = 0;
  bool stopped_ = false;
};

}  // namespace scard
