// Locks between processes: one holder at a time, and nothing left of a wait that was given up.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "core/file_lock_session.h"
#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

using test::Bench;
using test::errorOf;

struct Locking : Bench {
  std::string path = (std::filesystem::temp_directory_path() /
                      ("scard-lock-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))))
                         .string();

  ~Locking() { std::filesystem::remove(path); }
  Locking() = default;
  Locking(const Locking&) = delete;
  Locking& operator=(const Locking&) = delete;

  std::shared_ptr<Operation> lock(const std::string& file) {
    const auto wanted = operation("SCardIntroduceCardType");
    std::make_shared<FileLockSession>(runtime, file)->start(wanted);
    return wanted;
  }

  Owner<FileLockSession> held(const std::shared_ptr<Operation>& wanted) {
    Outcome outcome = take(wanted);
    return std::move(std::get<Owner<FileLockSession>>(std::get<Value>(outcome)));
  }
};

TEST("a lock is had by one at a time, and given back by its owner") {
  Locking bench;
  auto first = std::make_unique<Owner<FileLockSession>>(bench.held(bench.lock(bench.path)));
  const auto second = bench.lock(bench.path);
  // Cannot have it: the first is still there when this one is asked for.
  const auto other = bench.held(bench.lock(bench.path + ".other"));
  std::filesystem::remove(bench.path + ".other");
  CHECK(!second->settled());
  first.reset();
  const auto next = bench.held(second);
  CHECK(second->settled());
}

TEST("a wait that was given up gives the lock back at once") {
  Locking bench;
  auto first = std::make_unique<Owner<FileLockSession>>(bench.held(bench.lock(bench.path)));
  const auto given = bench.lock(bench.path);
  CHECK(bench.cancel(given));
  CHECK_EQ(errorOf(bench.take(given)).value, code::kCancelled);
  first.reset();
  const auto next = bench.held(bench.lock(bench.path));
}

TEST("a file that cannot be made is a failure") {
  Locking bench;
  CHECK_EQ(errorOf(bench.take(bench.lock(bench.path + "/no/such/folder"))).value,
           code::kInternalError);
}

TEST("the end of the runtime gives the lock back") {
  Locking bench;
  const auto held = bench.held(bench.lock(bench.path));
  bench.close();
  platform::FileLock again;
  CHECK(again.lock(bench.path) == platform::FileLock::Result::kLocked);
}

}  // namespace
}  // namespace scard
