// Everything one virtual resource manager knows. Private to native/core/virtual: the functions of
// the table share it, under its one mutex.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/virtual/buffers.h"
#include "core/virtual/card_device.h"
#include "core/virtual/database.h"
#include "core/virtual/faults.h"
#include "core/virtual/options.h"
#include "platform/event.h"

namespace scard::virtualrm {

using Lock = std::unique_lock<std::mutex>;
using Clock = std::chrono::steady_clock;

struct ContextRecord {
  abi::ContextHandle handle = 0;
  /// False once released.
  bool alive = true;
  /// The service it was made with has stopped; every call says so until it is released.
  bool lost = false;
  /// A call of this context runs; see Profile::contextIsSerialised.
  bool busy = false;
  unsigned waits = 0;
  /// Raised by Cancel: waits that began before `cancelled` end.
  std::uint64_t cancelled = 0;
  std::set<abi::CardHandle> cards;
  /// What SCARD_AUTOALLOCATE gave out, until FreeMemory or release.
  Allocations allocations;
};

struct Reader {
  explicit Reader(ReaderOptions description) : options(std::move(description)) {}

  ReaderOptions options;
  bool attached = true;

  std::shared_ptr<CardDevice> card;
  bool powered = false;
  bool mute = false;
  Bytes atr;
  Dword activeProtocol = protocol::kUndefined;
  std::uint32_t eventCounter = 0;

  unsigned connections = 0;
  bool exclusive = false;
  abi::CardHandle lockOwner = 0;
  unsigned lockCount = 0;
  Clock::time_point lockUsed;

  /// The line to the card: one exchange, power cycle or control at a time.
  bool busy = false;
  /// Counts how often the line was given back.
  std::uint64_t tenures = 0;
  std::shared_ptr<Exchange> exchange;
  /// Who answers `exchange`; see CardDevice.
  std::thread::id answering;
  std::condition_variable idle;
  /// A card is being put in: it has power, but is not there yet.
  bool inserting = false;

  std::uint32_t transmitCount = 0;
  std::map<Dword, Bytes> attributes;
  std::deque<PinEntry> pinEntries;
  FaultPlan faults;
};

struct Connection {
  abi::CardHandle handle = 0;
  /// Empty for another process's connection that a test holds.
  std::shared_ptr<ContextRecord> context;
  /// The thread that plays the other process.
  std::thread::id player;
  std::shared_ptr<Reader> reader;
  Dword shareMode = share::kShared;
  /// What this connection still has to be told: a result code, 0 nothing.
  std::uint32_t notice = result::kSuccess;
  bool open = true;
};

/// One virtual resource manager. Functions that take a Lock need it held and may let go of it
/// while they wait; whatever was looked up before must then be checked again.
class State {
 public:
  explicit State(ManagerOptions chosen) : options(chosen) { started.set(); }

  const Profile& profile() const { return options.profile; }

  std::shared_ptr<ContextRecord> findContext(abi::ContextHandle handle) const;
  std::shared_ptr<Connection> findConnection(abi::CardHandle handle) const;
  /// By name or, where the database knows one, by alias; exact comparison.
  std::shared_ptr<Reader> findReader(const std::string& name) const;

  /// Wakes whoever waits for reader states.
  void announce();
  /// Tells every connection of `reader`; a later notice replaces an earlier one, except that one
  /// lost card is not made up for by another: see Profile::reinsertedResult.
  void notifyConnections(const Reader& reader, std::uint32_t notice);

  /// Takes the reader's line, waiting for it. Fails when the service stops meanwhile, and at once
  /// where the caller would wait for itself.
  std::uint32_t acquireLine(Lock& lock, Reader& reader) const;
  void releaseLine(Reader& reader);
  /// Starts an exchange over the line, which is taken.
  static std::shared_ptr<Exchange> beginExchange(Reader& reader, std::thread::id answering);

  /// Gives the line back after work on `card`. False when the card has gone meanwhile: then it is
  /// powered off here, because its removal could not reach it.
  bool finishWithCard(Lock& lock, Reader& reader, const std::shared_ptr<CardDevice>& card);
  /// Takes the card out: the exchange it works on fails, connections are told.
  std::shared_ptr<CardDevice> removeCard(Lock& lock, Reader& reader);
  /// Powers `card` off and then takes it out, with the line taken: whoever sees it gone may put it
  /// into another reader at once.
  void surrenderCard(Lock& lock, Reader& reader, const std::shared_ptr<CardDevice>& card);
  /// As removeCard and detach, for hands: afterwards this reader has nothing to do with the card.
  std::shared_ptr<CardDevice> pullCard(Lock& lock, const std::shared_ptr<Reader>& reader);
  void pullReader(Lock& lock, const std::shared_ptr<Reader>& reader);
  /// Puts a card in and powers it up. False when there is one already or the reader has gone.
  bool insertCard(Lock& lock, Reader& reader, std::shared_ptr<CardDevice> card);
  /// Takes the reader away, its card in it.
  void detach(Lock& lock, const std::shared_ptr<Reader>& reader);
  /// Ends the service: every context is lost, every wait ends.
  void stopService();
  /// Starts it again and powers up the cards.
  void startService(Lock& lock);

  /// Ends `handle`'s transactions.
  void unlockAll(Reader& reader, abi::CardHandle handle);

  /// Handles are never used twice: a late call with an old one must fail.
  std::uint64_t makeHandle() { return nextHandle += 0x11; }

  const ManagerOptions options;
  std::mutex mutex;
  /// Reader states, contexts and the service changed.
  std::condition_variable changed;

  bool running = true;
  /// Set while the service runs.
  platform::Event started;
  /// The manager is being destroyed: every wait ends.
  bool closing = false;
  /// Counts stops of the service, so that a wait sees one that was followed by a start.
  std::uint64_t stops = 0;
  unsigned callsInFlight = 0;
  std::uint64_t nextHandle = 0x10000;

  std::vector<std::shared_ptr<Reader>> readers;
  std::map<abi::ContextHandle, std::shared_ptr<ContextRecord>> contexts;
  std::map<abi::CardHandle, std::shared_ptr<Connection>> connections;
  /// Buffers given out by calls without a context.
  Allocations allocations;
  Database database;
  std::function<void(std::uint32_t)> auditListener;
};

}  // namespace scard::virtualrm
