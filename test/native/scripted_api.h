// A PC/SC table that does what a test says: results per call, calls that block until released,
// cancels that get lost. It logs every call and records as problems what a resource manager would
// suffer from: handles leaked or given back twice or in the wrong order, two calls at once on one
// context, a context used again after a cancelled wait.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/api.h"
#include "core/library.h"
#include "platform/event.h"

namespace scard::test {

using Bytes = std::vector<std::uint8_t>;

/// One call as the table saw it.
struct Call {
  std::string name;
  std::int64_t handle = 0;
  /// Scope, disposition, protocol, control code or timeout.
  std::uint32_t value = 0;
  Bytes bytes = {};
  /// Where the bytes were.
  const std::uint8_t* address = nullptr;
  std::string thread = {};
  /// The groups asked for, in SCardListReaders.
  std::string groups = {};
  /// Names of card types, readers and the like, one a line.
  std::string text = {};
};

class ScriptedApi : public std::enable_shared_from_this<ScriptedApi> {
 public:
  static std::shared_ptr<ScriptedApi> create() { return std::make_shared<ScriptedApi>(); }

  /// The table as a library, which keeps this object alive.
  std::shared_ptr<const Library> library(const Dialect& dialect = {});
  Api table();

  /// The next call of the function that has no result yet ends with this one and does nothing.
  void fail(const std::string& name, std::uint32_t result, int times = 1);

  /// Calls of the function block as soon as they come, until unblocked.
  void block(const std::string& name);
  void unblock(const std::string& name);
  /// Waits until `count` calls of the function have come, blocked ones included.
  void awaitCalls(const std::string& name, std::size_t count);

  /// Waits until `count` calls of SCardGetStatusChange have really begun to wait.
  void awaitWaiting(std::size_t count);
  /// All that wait now, or the next if nothing waits, return with this state of their readers.
  void changeStates(std::uint32_t eventState);
  /// So many SCardCancel do nothing, though a wait is on.
  void loseCancels(int count);

  /// Whether the table has winscard's half too; pcsclite's have not.
  bool winscard = false;
  /// What SCardAccessStartedEvent gives.
  platform::Event started;
  bool noStartedEvent = false;
  /// What winscard's calls answer.
  std::vector<abi::Guid> guids = {{0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}}};
  std::string nameOut = "Name";
  std::vector<std::string> cardTypes = {"Bank", "Travel"};
  Bytes data = {1, 2, 3};
  std::uint32_t number = 7;

  /// Guarded by the caller: set before the calls they concern.
  std::vector<std::string> readers = {"Reader 0"};
  std::vector<std::string> groups = {"SCard$DefaultReaders"};
  /// So many times a name, GUID or byte is added between asking for the length of the list and
  /// fetching it.
  int growths = 0;
  std::function<Bytes(const Bytes&)> answer;
  abi::Dword activeProtocol = 2;
  abi::Dword state = 0x34;
  Bytes atr = {0x3B, 0x00};
  /// The multi-string of SCardStatus.
  std::vector<std::string> statusNames = {"Reader 0"};

  std::vector<Call> calls() const;
  std::vector<Call> calls(const std::string& name) const;
  std::size_t count(const std::string& name) const;
  std::size_t openContexts() const;
  std::size_t openCards() const;
  /// What went wrong until now; what is still open is not a problem.
  std::vector<std::string> problems() const;
  /// Checks that there is no problem and that nothing is open.
  void verify(int line) const;

 private:
  using Dword = abi::Dword;
  using Long = abi::Long;
  using Context = abi::ContextHandle;
  using Card = abi::CardHandle;
  using Char = abi::Char;

  struct ContextState {
    int calls = 0;
    bool waiting = false;
    bool cancelPending = false;
    bool cancelled = false;
    bool spent = false;
  };
  struct CardState {
    Context context;
    bool locked = false;
  };
  class Entered;
  friend class Entered;

  Long establish(Dword, const void*, const void*, Context*);
  Long release(Context);
  Long isValid(Context);
  Long cancel(Context);
  Long listReaders(Context, const Char*, Char*, Dword*);
  Long listReaderGroups(Context, Char*, Dword*);
  Long getStatusChange(Context, Dword, abi::ReaderState*, Dword);
  Long connect(Context, const Char*, Dword, Dword, Card*, Dword*);
  Long reconnect(Card, Dword, Dword, Dword, Dword*);
  Long disconnect(Card, Dword);
  Long begin(Card);
  Long end(Card, Dword);
  Long status(Card, Char*, Dword*, Dword*, Dword*, std::uint8_t*, Dword*);
  Long transmit(Card, const abi::IoRequest*, const std::uint8_t*, Dword, abi::IoRequest*,
                std::uint8_t*, Dword*);
  Long control(Card, Dword, const void*, Dword, void*, Dword, Dword*);
  Long getAttrib(Card, Dword, std::uint8_t*, Dword*);
  Long setAttrib(Card, Dword, const std::uint8_t*, Dword);

  void* accessStarted();
  void releaseStarted();
  Long introduceReader(Context, const Char*, const Char*);
  Long forgetReader(Context, const Char*);
  Long introduceReaderGroup(Context, const Char*);
  Long forgetReaderGroup(Context, const Char*);
  Long addReaderToGroup(Context, const Char*, const Char*);
  Long removeReaderFromGroup(Context, const Char*, const Char*);
  Long introduceCardType(Context, const Char*, const abi::Guid*, const abi::Guid*, Dword,
                         const std::uint8_t*, const std::uint8_t*, Dword);
  Long forgetCardType(Context, const Char*);
  Long listCards(Context, const std::uint8_t*, const abi::Guid*, Dword, Char*, Dword*);
  Long listInterfaces(Context, const Char*, abi::Guid*, Dword*);
  Long getProviderId(Context, const Char*, abi::Guid*);
  Long getProviderName(Context, const Char*, Dword, Char*, Dword*);
  Long setProviderName(Context, const Char*, Dword, const Char*);
  Long locateCards(Context, const Char*, abi::ReaderState*, Dword);
  Long locateCardsByAtr(Context, const abi::AtrMask*, Dword, abi::ReaderState*, Dword);
  Long getTransmitCount(Card, Dword*);
  Long getDeviceTypeId(Context, const Char*, Dword*);
  Long getReaderIcon(Context, const Char*, std::uint8_t*, Dword*);
  Long getInstanceId(Context, const Char*, Char*, Dword*);
  Long listByInstanceId(Context, const Char*, Char*, Dword*);
  Long readCache(Context, const abi::Guid*, Dword, const Char*, std::uint8_t*, Dword*);
  Long writeCache(Context, const abi::Guid*, Dword, const Char*, const std::uint8_t*, Dword);
  Long audit(Context, Dword);
  void bindWinscard(Api& api);
  Long simple(Call call, Context context);
  void writeStates(abi::ReaderState* states, Dword count) const;

  Long fetch(const std::vector<std::string>& names, Char* buffer, Dword* length) const;
  std::optional<Context> contextOf(std::int64_t card) const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Call> log_;
  std::map<std::string, std::size_t> counts_;
  std::map<std::string, std::deque<std::uint32_t>> results_;
  std::map<std::string, bool> blocked_;
  std::map<Context, ContextState> contexts_;
  std::map<Card, CardState> cards_;
  std::vector<std::string> problems_;
  std::optional<std::uint32_t> change_;
  std::size_t changeGeneration_ = 0;
  int lostCancels_ = 0;
  std::int64_t lastHandle_ = 0x100;
};

}  // namespace scard::test
