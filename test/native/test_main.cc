// Runs the registered tests: `scard_tests [--list] [--suite NAME] [part of a test's name]`.
#include <chrono>
#include <cstdio>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "test.h"

namespace scard::test {
namespace {

struct Case {
  std::string suite;
  std::string name;
  Body body;
};

// Function-local, since tests register before main in an order that is not defined.
std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

std::mutex failuresMutex;
std::vector<std::string> failures;

std::string_view fileName(std::string_view path) {
  const auto slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

void runBody(const Case& test) {
  try {
    test.body();
  } catch (const Abandon&) {
    return;
  } catch (const std::exception& error) {
    fail(test.suite, 0, std::string("threw ") + error.what());
  } catch (...) {
    fail(test.suite, 0, "threw something that is no std::exception");
  }
}

/// Runs one test and prints its line. True when it passed.
bool run(const Case& test) {
  {
    const std::lock_guard lock(failuresMutex);
    failures.clear();
  }
  const auto start = std::chrono::steady_clock::now();
  runBody(test);
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
  const std::lock_guard lock(failuresMutex);
  std::printf("%s %s: %s (%.0f ms)\n", failures.empty() ? "ok    " : "FAILED", test.suite.c_str(),
              test.name.c_str(), spent.count());
  for (const std::string& failure : failures) std::printf("    %s\n", failure.c_str());
  static_cast<void>(std::fflush(stdout));
  return failures.empty();
}

struct Selection {
  bool list = false;
  std::string suite;
  std::string part;

  bool takes(const Case& test) const {
    return (suite.empty() || suite == test.suite) && test.name.find(part) != std::string::npos;
  }
};

int runSelected(const Selection& selection) {
  int passed = 0;
  int failed = 0;
  for (const Case& test : cases()) {
    if (!selection.takes(test)) continue;
    if (selection.list) {
      std::printf("%s: %s\n", test.suite.c_str(), test.name.c_str());
    } else {
      ++(run(test) ? passed : failed);
    }
  }
  if (selection.list) return 0;
  std::printf("native: %d passed, %d failed\n", passed, failed);
  // A filter that matches nothing must not look like success.
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

bool registerTest(std::string_view suite, std::string_view name, Body body) {
  const std::string_view file = fileName(suite);
  const auto end = file.rfind("_test.cc");
  cases().push_back({std::string(file.substr(0, end)), std::string(name), body});
  return true;
}

void fail(std::string_view file, int line, const std::string& message) {
  const std::lock_guard lock(failuresMutex);
  failures.push_back(std::string(fileName(file)) + ":" + std::to_string(line) + ": " + message);
}

}  // namespace scard::test

int main(int count, char** arguments) {
  scard::test::Selection selection;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--list") {
      selection.list = true;
    } else if (argument == "--suite" && i + 1 < count) {
      selection.suite = arguments[++i];
    } else {
      selection.part = argument;
    }
  }
  return scard::test::runSelected(selection);
}
