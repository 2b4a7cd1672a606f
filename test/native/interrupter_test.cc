// Cancelling waits against a resource manager that loses cancels, as pcsclite does.
#include "core/interrupter.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "core/errors/codes.gen.h"
#include "scripted_api.h"
#include "test.h"

namespace scard {
namespace {

struct Fixture {
  ~Fixture() {
    interrupter->close();
    CHECK(workers.waitUntil(0, std::chrono::seconds(60)));
    context.reset();
    api->verify(__LINE__);
  }

  /// One wait from beginning to end; whether it was interrupted.
  bool waitHere(std::uint32_t& result) {
    if (!wait->enter(*context)) return true;
    const auto reports = context->getStatusChange({{"Reader 0", 0}}, 0xFFFFFFFF);
    result = reports.ok() ? 0 : reports.error().value;
    return wait->leave();
  }

  void interrupt() { interrupter->add(workers, wait); }

  std::shared_ptr<test::ScriptedApi> api = test::ScriptedApi::create();
  std::optional<PcscContext> context{std::move(PcscContext::establish(api->library(), 2).value())};
  std::shared_ptr<Interrupter> interrupter = std::make_shared<Interrupter>();
  std::shared_ptr<Interruptible> wait = std::make_shared<Interruptible>();
  WorkerGroup workers;
};

TEST("a wait interrupted before it enters does not enter and nobody calls SCardCancel") {
  Fixture f;
  CHECK(!f.wait->interrupt());
  CHECK(!f.wait->enter(*f.context));
  CHECK_EQ(f.api->count("SCardCancel"), 0U);
}

TEST("a wait interrupted while it waits ends with SCARD_E_CANCELLED and taints its context") {
  Fixture f;
  std::uint32_t result = 0;
  bool tainted = false;
  std::thread waiter([&] { tainted = f.waitHere(result); });
  f.api->awaitWaiting(1);
  f.interrupt();
  waiter.join();
  CHECK_EQ(result, code::kCancelled);
  CHECK(tainted);
  f.context.reset();
}

TEST("cancels lost before the wait has really begun are repeated until it is out") {
  Fixture f;
  f.api->block("SCardGetStatusChange");
  std::uint32_t result = 0;
  std::thread waiter([&] { f.waitHere(result); });
  f.api->awaitCalls("SCardGetStatusChange", 1);
  f.interrupt();
  f.api->awaitCalls("SCardCancel", 3);
  f.api->unblock("SCardGetStatusChange");
  waiter.join();
  CHECK_EQ(result, code::kCancelled);
}

TEST("cancels lost during the wait are repeated too") {
  Fixture f;
  f.api->loseCancels(4);
  std::uint32_t result = 0;
  std::thread waiter([&] { f.waitHere(result); });
  f.api->awaitWaiting(1);
  f.interrupt();
  waiter.join();
  CHECK_EQ(result, code::kCancelled);
  CHECK(f.api->count("SCardCancel") >= 5U);
}

TEST("after leave nobody calls SCardCancel and a wait that was not cancelled is clean") {
  Fixture f;
  REQUIRE(f.wait->enter(*f.context));
  CHECK(!f.wait->leave());
  CHECK(!f.wait->interrupt());
  f.interrupt();
  f.interrupter->close();
  CHECK(f.workers.waitUntil(0, std::chrono::seconds(60)));
  CHECK_EQ(f.api->count("SCardCancel"), 0U);
}

TEST("one canceller serves many, and starts again after it was closed") {
  Fixture f;
  f.interrupt();
  f.interrupter->add(f.workers, std::make_shared<Interruptible>());
  CHECK(f.workers.live() <= 1U);
  f.interrupter->close();
  CHECK(f.workers.waitUntil(0, std::chrono::seconds(60)));
  const auto late = std::make_shared<Interruptible>();
  f.interrupter->add(f.workers, late);
  CHECK(f.workers.waitUntil(0, std::chrono::seconds(60)));
  CHECK(!late->enter(*f.context));
}

TEST("waits interrupted at any moment of their life always end, 200 times") {
  for (int round = 0; round < 200; ++round) {
    Fixture f;
    std::uint32_t result = code::kCancelled;
    std::thread waiter([&] { f.waitHere(result); });
    f.interrupt();
    waiter.join();
    CHECK_EQ(result, code::kCancelled);
    f.context.reset();
  }
}

TEST("closing the canceller while waits are added leaves no wait behind, 100 times") {
  for (int round = 0; round < 100; ++round) {
    Fixture f;
    std::uint32_t result = code::kCancelled;
    std::thread waiter([&] { f.waitHere(result); });
    std::thread closer([&] { f.interrupter->close(); });
    f.interrupt();
    waiter.join();
    closer.join();
    CHECK_EQ(result, code::kCancelled);
    f.context.reset();
  }
}

}  // namespace
}  // namespace scard
