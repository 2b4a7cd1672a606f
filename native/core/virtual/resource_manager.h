// The embedded virtual resource manager: fills the PC/SC function table with itself, and lets a
// test or a demo play the user who plugs readers and inserts cards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/api.h"
#include "core/virtual/card_device.h"
#include "core/virtual/faults.h"
#include "core/virtual/options.h"

namespace scard::virtualrm {

class State;

/// What is alive in a resource manager.
struct ManagerStatistics {
  std::size_t readers = 0;
  std::size_t contexts = 0;
  std::size_t connections = 0;
  std::size_t waits = 0;
  /// Calls of the table that are running or waiting.
  std::size_t calls = 0;
};

/// What a reader looks like from outside PC/SC.
struct ReaderSnapshot {
  bool attached = false;
  bool cardPresent = false;
  bool powered = false;
  bool mute = false;
  bool exclusive = false;
  bool locked = false;
  /// An exchange or a power cycle is under way.
  bool busy = false;
  std::size_t connections = 0;
  std::uint32_t eventCount = 0;
  std::uint32_t transmitCount = 0;
  Dword activeProtocol = 0;
  Bytes atr;
};

/// One SCardAudit event: 0 the card holder's verification failed, 1 it succeeded.
using AuditListener = std::function<void(std::uint32_t event)>;

/// A resource manager of its own. Any number may live in one process; none sees another. All
/// functions are safe from any thread; none of them waits for a card, except where said.
/// What became of another process's call.
enum class ForeignOutcome : std::uint8_t {
  kDone,
  /// The connection, its reader or the service has gone.
  kGone,
  /// It does not hold the lock.
  kNotLocked,
  /// Somebody else holds the lock.
  kLocked,
  /// The card would be reset in the middle of an exchange.
  kBusy,
};

class ResourceManager {
 public:
  /// Names a connection that stands for another process.
  using ForeignId = std::uint64_t;

  explicit ResourceManager(ManagerOptions options = {});
  /// Ends every call in progress and waits until they have left.
  ~ResourceManager();
  ResourceManager(const ResourceManager&) = delete;
  ResourceManager& operator=(const ResourceManager&) = delete;

  const Profile& profile() const;

  /// Fills `api` with this manager's functions; those the profile's platform lacks stay empty.
  /// The manager must outlive the table.
  void fill(Api& api);

  /// False when the name is empty, taken or reserved.
  bool addReader(ReaderOptions options);
  /// Unplugs a reader, its card in it: once this returns, the card is off and may go into another.
  /// False when there is none of that name.
  bool removeReader(const std::string& reader);
  std::vector<std::string> readers() const;
  ReaderSnapshot snapshot(const std::string& reader) const;

  /// Inserts and powers up a card. False without such a reader or when a card is in it.
  bool insertCard(const std::string& reader, std::shared_ptr<CardDevice> card);
  /// Takes the card out, mid-exchange if need be; it is off then. Null when there was none.
  std::shared_ptr<CardDevice> removeCard(const std::string& reader);

  /// Stops the service: contexts are lost and waits end. Readers and cards stay for the restart.
  void stopService();
  void startService();

  /// Plans a fault at an exchange to come. False without such a reader.
  bool addFault(const std::string& reader, Fault fault);
  bool clearFaults(const std::string& reader);

  /// Acts as another process that connects, shared or exclusively; 0 when it is refused.
  ForeignId connectForeign(const std::string& reader, bool exclusive);
  /// Takes or gives back the card's lock, or disconnects, for another process. Never waits: what
  /// would have to is refused.
  ForeignOutcome lockForeign(ForeignId foreign);
  ForeignOutcome unlockForeign(ForeignId foreign, Dword disposition);
  ForeignOutcome disconnectForeign(ForeignId foreign, Dword disposition);

  /// Queues what the user will do at a reader's PIN pad.
  bool queuePinEntry(const std::string& reader, PinEntry entry);
  /// Presets an attribute, also one that programs may not set.
  bool setAttribute(const std::string& reader, Dword attribute, Bytes value);
  void onAudit(AuditListener listener);

  ManagerStatistics statistics() const;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace scard::virtualrm
