#include "readers.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace standin {
namespace {

// SCARD_STATE_… and SCARD_… of winscard.h.
constexpr Dword kStateIgnore = 0x1;
constexpr Dword kStateChanged = 0x2;
constexpr Dword kStateUnknown = 0x4;
constexpr Dword kStateEmpty = 0x10;
constexpr Dword kStatePresent = 0x20;
constexpr Dword kStateExclusive = 0x80;
constexpr Dword kStateInUse = 0x100;
constexpr Dword kShareExclusive = 1;
constexpr Dword kShareDirect = 3;
constexpr Dword kProtocolT0 = 1;
constexpr Dword kProtocolT1 = 2;
constexpr Dword kInfinite = 0xFFFFFFFF;

const char kPnp[] = "\\\\?PnP?\\Notification";

long number(const char* name, long least, long most, long otherwise) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return otherwise;
  return std::clamp(std::strtol(text, nullptr, 10), least, most);
}

timespec now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time;
}

void sleepUntil(timespec start, long microseconds) {
  const long nanoseconds = start.tv_nsec + microseconds % 1'000'000 * 1000;
  const timespec end = {start.tv_sec + microseconds / 1'000'000 + nanoseconds / 1'000'000'000,
                        nanoseconds % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nullptr) == EINTR) {
  }
}

}  // namespace

Readers& Readers::ofProcess() {
  static Readers& readers = *new Readers();
  return readers;
}

std::string Readers::name(std::size_t index) {
  return "Stand-in " + std::string(index < 10 ? "0" : "") + std::to_string(index) + " 00";
}

Readers::Readers() {
  settings_.responseLength =
      static_cast<std::size_t>(number("SCARD_STANDIN_RESPONSE", 0, 65'538, 0));
  settings_.delayMicroseconds = number("SCARD_STANDIN_DELAY_US", 0, 60'000'000, 0);
  count_ = static_cast<std::size_t>(number("SCARD_STANDIN_READERS", 0, kMostReaders, 1));
  toggleMilliseconds_ = number("SCARD_STANDIN_TOGGLE_MS", 0, 3'600'000, 0);
  if (const char* file = std::getenv("SCARD_STANDIN_TOGGLE_FILE")) toggleFile_ = file;
  if (toggleMilliseconds_ > 0 && count_ > 0) std::thread([this] { toggle(); }).detach();
}

/// Takes the first reader's card out and puts it in, for good; writes when (CLOCK_MONOTONIC,
/// nanoseconds, 8 bytes) before anybody is told.
void Readers::toggle() {
  const int file = open(toggleFile_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  for (;;) {
    sleepUntil(now(), toggleMilliseconds_ * 1000);
    {
      const std::lock_guard lock(mutex_);
      Reader& reader = readers_[0];
      reader.present = !reader.present;
      ++reader.events;
      const timespec time = now();
      const std::int64_t when = std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
      if (file >= 0 && pwrite(file, &when, sizeof when, 0) != sizeof when) return;
    }
    changed_.notify_all();
  }
}

Readers::Context* Readers::context(long handle) {
  const auto index = static_cast<std::size_t>(handle) - 1;
  return index < contexts_.size() && contexts_[index].open ? &contexts_[index] : nullptr;
}

Readers::Connection* Readers::connection(long handle) {
  const auto index = static_cast<std::size_t>(handle) - 1;
  if (index >= kMostConnections) return nullptr;
  Connection& found = connections_[index];
  return found.open.load(std::memory_order_acquire) ? &found : nullptr;
}

long Readers::establish() {
  const std::lock_guard lock(mutex_);
  contexts_.emplace_back();
  return static_cast<long>(contexts_.size());
}

Code Readers::release(long handle) {
  {
    const std::lock_guard lock(mutex_);
    Context* found = context(handle);
    if (found == nullptr) return Code::kInvalidHandle;
    found->open = false;
    ++found->cancels;
  }
  changed_.notify_all();
  return Code::kOk;
}

Code Readers::cancel(long handle) {
  {
    const std::lock_guard lock(mutex_);
    Context* found = context(handle);
    if (found == nullptr) return Code::kInvalidHandle;
    ++found->cancels;
  }
  changed_.notify_all();
  return Code::kOk;
}

bool Readers::valid(long handle) {
  const std::lock_guard lock(mutex_);
  return context(handle) != nullptr;
}

Readers::Reader* Readers::find(const char* name, std::size_t& index) {
  for (index = 0; index < count_; ++index)
    if (Readers::name(index) == name) return &readers_[index];
  return nullptr;
}

Dword Readers::stateOf(Reader& reader) const {
  Dword state = Dword{reader.events & 0xFFFF} << 16;
  state |= reader.present ? kStatePresent : kStateEmpty;
  if (reader.connections > 0) state |= reader.exclusive ? kStateExclusive : kStateInUse;
  return state;
}

/// Fills in one reader's state; true when it is not what the caller knows.
bool Readers::look(ReaderState& state) {
  if ((state.currentState & kStateIgnore) != 0) {
    state.eventState = kStateIgnore;
    return false;
  }
  if (std::strcmp(state.reader, kPnp) == 0) {
    // The list of readers never changes.
    state.eventState = state.currentState & ~kStateChanged;
    return false;
  }
  std::size_t index = 0;
  Reader* reader = find(state.reader, index);
  Dword now = reader == nullptr ? kStateUnknown | kStateIgnore : stateOf(*reader);
  const Dword known = state.currentState & ~kStateChanged;
  // A caller without a count, as many are, goes by the flags.
  const Dword compared = (known >> 16) == 0 ? Dword{0xFFFF} : Dword{0xFFFFFFFF};
  const bool changed = (now & compared) != (known & compared);
  state.eventState = changed ? now | kStateChanged : now;
  state.atrLength = 0;
  if ((now & kStatePresent) != 0) {
    state.atrLength = kAtr.size();
    std::memcpy(state.atr, kAtr.data(), kAtr.size());
  }
  return changed;
}

Code Readers::statusChange(long handle, Dword timeout, ReaderState* states, Dword count) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout);
  std::unique_lock lock(mutex_);
  Context* found = context(handle);
  if (found == nullptr) return Code::kInvalidHandle;
  const std::uint64_t cancels = found->cancels;
  for (;;) {
    bool changed = false;
    for (Dword i = 0; i < count; ++i) {
      if (states[i].reader == nullptr) return Code::kInvalidValue;
      changed |= look(states[i]);
    }
    if (changed) return Code::kOk;
    if (timeout == 0) return Code::kTimeout;
    if (timeout == kInfinite) {
      changed_.wait(lock);
    } else if (changed_.wait_until(lock, end) == std::cv_status::timeout) {
      return Code::kTimeout;
    }
    if (found->cancels != cancels) return Code::kCancelled;
  }
}

Code Readers::chooseProtocol(Dword share, Dword protocols, Dword& protocol) const {
  if (share == kShareDirect && protocols == 0) {
    protocol = 0;
    return Code::kOk;
  }
  if ((protocols & kProtocolT1) != 0) {
    protocol = kProtocolT1;
  } else if ((protocols & kProtocolT0) != 0) {
    protocol = kProtocolT0;
  } else {
    return Code::kProtocolMismatch;
  }
  return Code::kOk;
}

Code Readers::connect(long handle, const char* name, Dword share, Dword protocols, long& card,
                      Dword& protocol) {
  {
    const std::lock_guard lock(mutex_);
    if (context(handle) == nullptr) return Code::kInvalidHandle;
    std::size_t index = 0;
    Reader* reader = find(name, index);
    if (reader == nullptr) return Code::kUnknownReader;
    if (reader->exclusive || (share == kShareExclusive && reader->connections > 0))
      return Code::kSharingViolation;
    if (!reader->present && share != kShareDirect) return Code::kNoSmartcard;
    if (const Code code = chooseProtocol(share, protocols, protocol); code != Code::kOk)
      return code;
    auto free = std::find_if(connections_.begin(), connections_.end(),
                             [](const Connection& one) { return !one.open; });
    if (free == connections_.end()) return Code::kNoMemory;
    free->reader = reader;
    free->readerIndex = index;
    free->insertion = reader->events;
    free->exclusive = share == kShareExclusive;
    free->protocol = protocol;
    free->card = Card();
    free->open.store(true, std::memory_order_release);
    ++reader->connections;
    reader->exclusive = free->exclusive;
    card = free - connections_.begin() + 1;
  }
  changed_.notify_all();
  return Code::kOk;
}

Code Readers::reconnect(long handle, Dword share, Dword protocols, Dword& protocol) {
  const std::lock_guard lock(mutex_);
  Connection* found = connection(handle);
  if (found == nullptr) return Code::kInvalidHandle;
  if (!found->reader->present && share != kShareDirect) return Code::kNoSmartcard;
  if (share == kShareExclusive && found->reader->connections > 1) return Code::kSharingViolation;
  if (const Code code = chooseProtocol(share, protocols, protocol); code != Code::kOk) return code;
  found->exclusive = share == kShareExclusive;
  found->reader->exclusive = found->exclusive;
  found->insertion = found->reader->events;
  found->protocol = protocol;
  return Code::kOk;
}

Code Readers::disconnect(long handle) {
  {
    const std::lock_guard lock(mutex_);
    Connection* found = connection(handle);
    if (found == nullptr) return Code::kInvalidHandle;
    long owner = handle;
    found->reader->owner.compare_exchange_strong(owner, 0);
    found->open = false;
    --found->reader->connections;
    if (found->exclusive) found->reader->exclusive = false;
  }
  changed_.notify_all();
  return Code::kOk;
}

/// Waits while another connection holds a transaction, then looks whether the card is the same.
Code Readers::access(long handle, Connection& connection) {
  Reader& reader = *connection.reader;
  if (const long owner = reader.owner.load(std::memory_order_acquire);
      owner != 0 && owner != handle) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      const long holder = reader.owner;
      return holder == 0 || holder == handle;
    });
  }
  if (reader.events.load(std::memory_order_acquire) != connection.insertion)
    return Code::kRemovedCard;
  return Code::kOk;
}

Code Readers::begin(long handle) {
  std::unique_lock lock(mutex_);
  Connection* found = connection(handle);
  if (found == nullptr) return Code::kInvalidHandle;
  Reader& reader = *found->reader;
  changed_.wait(lock, [&] {
    const long holder = reader.owner;
    return holder == 0 || holder == handle;
  });
  if (reader.events != found->insertion) return Code::kRemovedCard;
  reader.owner = handle;
  return Code::kOk;
}

Code Readers::end(long handle) {
  {
    const std::lock_guard lock(mutex_);
    Connection* found = connection(handle);
    if (found == nullptr) return Code::kInvalidHandle;
    if (found->reader->owner != handle) return Code::kNotTransacted;
    found->reader->owner = 0;
  }
  changed_.notify_all();
  return Code::kOk;
}

Code Readers::status(long handle, Status& status) {
  Connection* found = connection(handle);
  if (found == nullptr) return Code::kInvalidHandle;
  if (const Code code = access(handle, *found); code != Code::kOk) return code;
  status = {found->readerIndex, found->protocol, found->reader->present};
  return Code::kOk;
}

Code Readers::transmit(long handle, const std::uint8_t* command, std::size_t commandLength,
                       std::uint8_t* response, std::size_t& length) {
  Connection* found = connection(handle);
  if (found == nullptr) return Code::kInvalidHandle;
  if (const Code code = access(handle, *found); code != Code::kOk) return code;
  if (found->protocol == 0) return Code::kNotTransacted;
  const auto outcome = found->card.answer(settings_, command, commandLength, response, length);
  if (const long delay = found->card.delayMicroseconds(); delay > 0) {
    const std::lock_guard lock(found->reader->busy);
    sleepUntil(now(), delay);
  }
  return outcome == Card::Outcome::kAnswered ? Code::kOk : Code::kInsufficientBuffer;
}

}  // namespace standin
