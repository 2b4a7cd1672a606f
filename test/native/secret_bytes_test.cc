// Command bytes are zero when their memory is given back, whatever became of the command.
// The program's allocation functions are replaced to see that moment.
#include "core/secret_bytes.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "allocations.h"
#include "session_harness.h"
#include "test.h"

namespace {

constexpr std::size_t kWatchedSize = 4096;
std::atomic<const std::uint8_t*> watched{nullptr};
std::atomic<int> freed{0};
std::atomic<int> dirty{0};

void release(void* memory) noexcept {
  if (memory != nullptr && memory == watched.load()) {
    const auto* bytes = static_cast<const std::uint8_t*>(memory);
    watched = nullptr;
    ++freed;
    if (std::any_of(bytes, bytes + kWatchedSize, [](std::uint8_t byte) { return byte != 0; })) {
      ++dirty;
    }
  }
  std::free(memory);
}

}  // namespace

namespace scard::test {

std::atomic<std::size_t>& allocations() {
  static std::atomic<std::size_t> count{0};
  return count;
}

}  // namespace scard::test

void* operator new(std::size_t size) {
  ++scard::test::allocations();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }

namespace scard {
namespace {

using test::Bench;

std::vector<std::uint8_t> secret() {
  std::vector<std::uint8_t> bytes(kWatchedSize, 0x31);
  watched = bytes.data();
  freed = 0;
  dirty = 0;
  return bytes;
}

void checkWiped() {
  CHECK_EQ(freed.load(), 1);
  CHECK_EQ(dirty.load(), 0);
}

TEST("the watch sees bytes that nobody wiped") {
  { const auto bytes = secret(); }
  CHECK_EQ(freed.load(), 1);
  CHECK_EQ(dirty.load(), 1);
}

TEST("secret bytes are wiped when they go, after a move too") {
  {
    SecretBytes first(secret());
    const SecretBytes second = std::move(first);
    CHECK_EQ(second.bytes().size(), kWatchedSize);
  }
  checkWiped();
}

TEST("a transmitted command is wiped before its answer is delivered") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  int seen = 0;
  bench.sink->onDeliver = [&](const Completion&) {
    const auto* bytes = bench.api->calls("SCardTransmit").at(0).address;
    CHECK(std::all_of(bytes, bytes + kWatchedSize, [](std::uint8_t byte) { return byte == 0; }));
    ++seen;
  };
  const auto operation = bench.operation();
  card->transmit(0, secret(), 0, operation);
  static_cast<void>(bench.take(operation));
  CHECK_EQ(seen, 1);
  bench.close();
  checkWiped();
}

TEST("a command that is cancelled while queued is wiped though it never ran") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  static_cast<void>(bench.begin(card));
  const auto operation = bench.operation();
  card->transmit(0, secret(), 0, operation);
  CHECK(bench.cancel(operation));
  bench.close();
  CHECK_EQ(bench.api->count("SCardTransmit"), 0U);
  checkWiped();
}

TEST("a command refused by a closed card is wiped") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  const auto disconnect = bench.operation();
  card->disconnect(Disposition::kLeave, disconnect);
  static_cast<void>(bench.take(disconnect));
  card->transmit(0, secret(), 0, bench.operation());
  checkWiped();
}

TEST("the input of a control call is wiped, run or not") {
  Bench bench;
  const auto context = bench.context();
  const auto card = bench.card(context);
  const auto operation = bench.operation();
  card->control(0, 1, secret(), operation);
  static_cast<void>(bench.take(operation));
  const auto next = bench.operation();
  card->status(0, next);
  static_cast<void>(bench.take(next));
  checkWiped();
  static_cast<void>(bench.begin(card));
  card->control(0, 1, secret(), bench.operation());
  bench.close();
  checkWiped();
}

}  // namespace
}  // namespace scard
