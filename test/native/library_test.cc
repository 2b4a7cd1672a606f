// Loading of the PC/SC library: what was tried, what is found, what stays empty.
#include "core/library.h"

#include <cstddef>
#include <string>

#include "core/runtime.h"
#include "session_harness.h"
#include "test.h"

namespace scard {
namespace {

TEST("a missing library says which path was tried and why it failed") {
  const auto loaded = Library::load("/nowhere/libpcsclite.so.1");
  REQUIRE(!loaded.ok());
  CHECK(loaded.error().reason == Reason::kLibraryMissing);
  CHECK_EQ(std::string(loaded.error().call), "SCardEstablishContext");
  REQUIRE(loaded.error().tried.size() == 1);
  CHECK_EQ(loaded.error().tried[0].path, "/nowhere/libpcsclite.so.1");
  CHECK(!loaded.error().tried[0].message.empty());
}

TEST("a missing library is not remembered as missing by the runtime") {
  test::Bench bench;
  CHECK(!bench.runtime->library("/nowhere/a.so").ok());
  const auto again = bench.runtime->library("/nowhere/a.so");
  REQUIRE(!again.ok());
  CHECK_EQ(again.error().tried.size(), 1U);
}

TEST("a call over a missing library settles with what was tried") {
  test::Bench bench;
  ContextRequest request;
  request.libraryPath = "/nowhere/b.so";
  const auto operation = bench.operation("SCardEstablishContext");
  std::make_shared<ContextSession>(bench.runtime, std::move(request))->start(operation);
  const Error error = test::errorOf(bench.take(operation));
  CHECK(error.reason == Reason::kLibraryMissing);
  CHECK_EQ(error.tried.size(), 1U);
}

TEST("an empty entry of the table is a missing function, not a crash") {
  Api api;
  const auto library = Library::fromTable(api, {});
  const auto context = PcscContext::establish(library, 2);
  REQUIRE(!context.ok());
  CHECK(context.error().reason == Reason::kFunctionMissing);
  CHECK_EQ(std::string(context.error().call), "SCardEstablishContext");
}

TEST("the table has 45 functions, each with a name of its own") {
  Api api;
  std::vector<std::string> names;
  forEachFunction(api, [&](auto& entry, const char* name) {
    CHECK(!entry);
    CHECK(std::find(names.begin(), names.end(), name) == names.end());
    names.emplace_back(name);
  });
  CHECK_EQ(names.size(), 45U);
}

#if defined(__linux__)
TEST("a library without SCardEstablishContext is named as such") {
  const auto loaded = Library::load("libm.so.6");
  REQUIRE(!loaded.ok());
  REQUIRE(loaded.error().tried.size() == 1);
  CHECK(loaded.error().tried[0].message.find("no SCardEstablishContext") != std::string::npos);
}

TEST("libpcsclite is loaded where it is installed, without the functions it lacks") {
  std::string message;
  const bool installed = platform::openLibrary("libpcsclite.so.1", message) != nullptr;
  const auto loaded = Library::load(std::nullopt);
  // Where it is missing the same call must say so.
  REQUIRE(loaded.ok() == installed);
  if (!installed) {
    CHECK_EQ(loaded.error().tried.size(), 1U);
    return;
  }
  Api api = loaded.value()->api();
  std::size_t present = 0;
  forEachFunction(api, [&](auto& entry, const char*) { present += entry ? 1U : 0U; });
  CHECK_EQ(present, 18U);
  CHECK(static_cast<bool>(api.establishContext));
  CHECK(static_cast<bool>(api.setAttrib));
  CHECK(!api.readCache);
  CHECK(!api.locateCards);
  CHECK(!api.uiDlgSelectCard);
}
#endif

}  // namespace
}  // namespace scard
