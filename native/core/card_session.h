// One connected card with its own PC/SC context, thread and queue.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/apdu_script.h"
#include "core/card_line.h"
#include "core/card_trace.h"
#include "core/exchange.h"
#include "core/lane_queue.h"
#include "core/operation.h"
#include "core/pace.h"
#include "core/pcsc_card.h"
#include "core/pcsc_context.h"
#include "core/pcsc_transaction.h"
#include "core/runtime.h"
#include "core/session.h"

namespace scard {

class ContextSession;

struct ConnectRequest {
  std::string reader;
  ConnectOptions options;
  /// Applied when the card is given up without a disconnect: collection, exit, closing the context.
  Disposition disposition = Disposition::kLeave;
};

/// Calls queue first in, first out; each settles its operation. Cards never wait for one another.
class CardSession final : public Session, public std::enable_shared_from_this<CardSession> {
 public:
  CardSession(std::shared_ptr<Runtime> runtime, std::shared_ptr<ContextSession> parent,
              ConnectRequest request);

  /// Starts the thread, which connects and settles `operation` with a Connection.
  void start(std::shared_ptr<Operation> operation);

  /// SCardTransmit, a framed exchange or a script, as one job. The command is wiped before the
  /// exchange is delivered. It fails when the lock that it asks for is refused or the very first
  /// SCardTransmit fails; what comes after that tells what the card had answered before.
  void submit(Lane lane, std::unique_ptr<Exchange> exchange);

  /// SCardTransmit on the caller's own thread, which it blocks. kBusy when another call of this
  /// card waits, or runs for longer than kPatience. Value: the length of the answer in `response`.
  Result<std::size_t> transmitNow(Lane lane, std::span<const std::uint8_t> command,
                                  std::uint32_t protocol, std::span<std::uint8_t> response);

  static constexpr std::chrono::milliseconds kPatience{100};

  /// Whether the card answers so soon that waiting awake for it pays.
  bool brief(std::uint32_t commands = 1) const { return pace_.brief(commands); }
  bool briefAmong(std::uint32_t cards) const { return pace_.briefAmong(cards); }

  /// SCardTransmit. `command` is wiped after use: it may hold a PIN.
  void transmit(Lane lane, std::vector<std::uint8_t> command, std::uint32_t protocol,
                std::shared_ptr<Operation> operation);

  /// SCardControl. `input` is wiped after use.
  void control(Lane lane, std::uint32_t code, std::vector<std::uint8_t> input,
               std::shared_ptr<Operation> operation);
  void getAttrib(Lane lane, std::uint32_t attribute, std::shared_ptr<Operation> operation);
  void setAttrib(Lane lane, std::uint32_t attribute, std::vector<std::uint8_t> value,
                 std::shared_ptr<Operation> operation);
  void getTransmitCount(Lane lane, std::shared_ptr<Operation> operation);
  void status(Lane lane, std::shared_ptr<Operation> operation);
  void reconnect(Lane lane, ConnectOptions options, std::uint32_t initialization,
                 std::shared_ptr<Operation> operation);

  /// Keeps what happens on the connection from now on for takeTrace.
  void trace(Lane lane, std::shared_ptr<Operation> operation);
  /// What has happened since the last time. Any thread.
  std::vector<TraceEvent> takeTrace() { return trace_.take(); }

  /// Takes the lock; value: the lane. A cancelled one gives the lock back as soon as it gets it.
  void beginTransaction(Disposition disposition, std::shared_ptr<Operation> operation);
  void endTransaction(Lane lane, Disposition disposition, std::shared_ptr<Operation> operation);

  /// Queued like every call; later calls are refused as closed once it has run.
  void disconnect(Disposition disposition, std::shared_ptr<Operation> operation);

  void abandon() noexcept override;

 private:
  void run(const std::shared_ptr<Operation>& operation);
  void perform(Job job);
  void perform(std::unique_ptr<Exchange> exchange);
  bool connect(Operation& operation);
  void release();
  Result<std::optional<PcscTransaction>> lockFor(const FramingOptions& options);
  void transmit(Exchange& exchange);
  void performFramed(Exchange& exchange);
  void send(Exchange& exchange);
  void runScript(Exchange& exchange);

  std::shared_ptr<Runtime> runtime_;
  std::shared_ptr<ContextSession> parent_;
  const ConnectRequest request_;
  LaneQueue queue_;
  Pace pace_;
  // Where answers arrive; taken from the pool at the first exchange.
  std::optional<PooledBuffer> received_;
  // From the first script on.
  std::optional<ScriptSpace> scripts_;
  CardTrace trace_;

  // Touched by the session's thread, or by whoever has entered the queue; destroyed in reverse
  // order.
  std::shared_ptr<PcscContext> context_;
  std::optional<PcscCard> card_;
  std::optional<PcscTransaction> transaction_;
  std::optional<CardLine> line_;
  std::optional<Counted> counted_;
};

}  // namespace scard
