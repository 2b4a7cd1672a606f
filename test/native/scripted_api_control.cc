// The test's side of the scripted table: what calls shall do, and what they did.
#include <algorithm>

#include "scripted_api.h"
#include "test.h"

namespace scard::test {

std::shared_ptr<const Library> ScriptedApi::library(const Dialect& dialect) {
  return Library::fromTable(table(), dialect, shared_from_this());
}

void ScriptedApi::fail(const std::string& name, std::uint32_t result, int times) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) results_[name].push_back(result);
}

void ScriptedApi::block(const std::string& name) {
  const std::lock_guard lock(mutex_);
  blocked_[name] = true;
}

void ScriptedApi::unblock(const std::string& name) {
  const std::lock_guard lock(mutex_);
  blocked_[name] = false;
  changed_.notify_all();
}

void ScriptedApi::awaitCalls(const std::string& name, std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return counts_[name] >= count; });
}

void ScriptedApi::awaitWaiting(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return std::count_if(contexts_.begin(), contexts_.end(), [](const auto& entry) {
             return entry.second.waiting;
           }) >= static_cast<std::ptrdiff_t>(count);
  });
}

void ScriptedApi::changeStates(std::uint32_t eventState) {
  const std::lock_guard lock(mutex_);
  change_ = eventState;
  ++changeGeneration_;
  changed_.notify_all();
}

void ScriptedApi::loseCancels(int count) {
  const std::lock_guard lock(mutex_);
  lostCancels_ = count;
}

std::vector<Call> ScriptedApi::calls() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::vector<Call> ScriptedApi::calls(const std::string& name) const {
  std::vector<Call> all = calls();
  std::erase_if(all, [&](const Call& call) { return call.name != name; });
  return all;
}

std::size_t ScriptedApi::count(const std::string& name) const { return calls(name).size(); }

std::size_t ScriptedApi::openContexts() const {
  const std::lock_guard lock(mutex_);
  return contexts_.size();
}

std::size_t ScriptedApi::openCards() const {
  const std::lock_guard lock(mutex_);
  return cards_.size();
}

std::vector<std::string> ScriptedApi::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

void ScriptedApi::verify(int line) const {
  for (const std::string& problem : problems()) test::fail("scripted_api", line, problem);
  if (openContexts() != 0) test::fail("scripted_api", line, "contexts left established");
  if (openCards() != 0) test::fail("scripted_api", line, "cards left connected");
}

}  // namespace scard::test
