// The stand-in's resource manager: readers, contexts, connections, and who waits for what.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "card.h"
#include "platform/abi.h"

namespace standin {

using scard::abi::Dword;
using scard::abi::ReaderState;

/// SCARD_S_SUCCESS and the errors that the stand-in gives, as 32 bits.
enum class Code : std::uint32_t {
  kOk = 0,
  kCancelled = 0x80100002,
  kInvalidHandle = 0x80100003,
  kInvalidParameter = 0x80100004,
  kInsufficientBuffer = 0x80100008,
  kUnknownReader = 0x80100009,
  kTimeout = 0x8010000A,
  kSharingViolation = 0x8010000B,
  kNoSmartcard = 0x8010000C,
  kProtocolMismatch = 0x8010000F,
  kInvalidValue = 0x80100011,
  kNotTransacted = 0x80100016,
  kNoMemory = 0x80100006,
  kUnsupportedFeature = 0x8010001F,
  kRemovedCard = 0x80100069,
};

inline constexpr std::size_t kMostReaders = 64;

class Readers {
 public:
  /// T=0 and T=1, historical bytes "scard", as the cards of test/harness.
  static constexpr std::array<std::uint8_t, 10> kAtr = {0x3B, 0x85, 0x80, 0x01, 0x73,
                                                        0x63, 0x61, 0x72, 0x64, 0x63};

  /// Reads the environment. Lives as long as the process: a client may call until its last moment.
  static Readers& ofProcess();

  std::size_t count() const { return count_; }
  static std::string name(std::size_t index);

  long establish();
  Code release(long context);
  Code cancel(long context);
  bool valid(long context);

  Code statusChange(long context, Dword timeout, ReaderState* states, Dword count);

  Code connect(long context, const char* reader, Dword share, Dword protocols, long& card,
               Dword& protocol);
  Code reconnect(long card, Dword share, Dword protocols, Dword& protocol);
  Code disconnect(long card);
  Code begin(long card);
  Code end(long card);

  struct Status {
    std::size_t reader;
    Dword protocol;
    bool present;
  };
  Code status(long card, Status& status);

  /// The path that is measured: takes no lock unless the command takes time or another connection
  /// holds a transaction.
  Code transmit(long card, const std::uint8_t* command, std::size_t commandLength,
                std::uint8_t* response, std::size_t& length);

 private:
  struct Reader {
    std::atomic<bool> present{true};
    /// Insertions and removals; the high word of an event state.
    std::atomic<std::uint32_t> events{0};
    std::size_t connections = 0;
    bool exclusive = false;
    /// The connection that holds the transaction; 0 for none.
    std::atomic<long> owner{0};
    /// One command at a time.
    std::mutex busy;
  };

  struct Context {
    std::uint64_t cancels = 0;
    bool open = true;
  };

  struct Connection {
    Reader* reader = nullptr;
    std::size_t readerIndex = 0;
    std::uint32_t insertion = 0;
    std::atomic<bool> open{false};
    bool exclusive = false;
    Dword protocol = 0;
    Card card;
  };

  static constexpr std::size_t kMostConnections = 4096;

  Readers();
  void toggle();
  Connection* connection(long handle);
  Context* context(long handle);
  Code chooseProtocol(Dword share, Dword protocols, Dword& protocol) const;
  Code access(long handle, Connection& connection);
  bool look(ReaderState& state);
  Dword stateOf(Reader& reader) const;
  Reader* find(const char* name, std::size_t& index);

  CardSettings settings_;
  std::size_t count_ = 1;
  long toggleMilliseconds_ = 0;
  std::string toggleFile_;
  std::array<Reader, kMostReaders> readers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Context> contexts_;
  std::array<Connection, kMostConnections> connections_;
};

}  // namespace standin
