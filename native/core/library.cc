#include "core/library.h"

#include <utility>
#include <vector>

namespace scard {

Result<std::shared_ptr<const Library>> Library::load(const std::optional<std::string>& path) {
  const std::vector<std::string> paths =
      path.has_value() ? std::vector<std::string>{*path} : platform::libraryPaths();
  std::vector<LoadAttempt> tried;
  for (const std::string& candidate : paths) {
    std::string message;
    void* handle = platform::openLibrary(candidate, message);
    if (handle == nullptr) {
      tried.push_back({candidate, message});
      continue;
    }
    std::shared_ptr<Library> library(new Library());
    forEachFunction(library->api_, [handle](auto& entry, const char* name) {
      if (void* address = platform::findFunction(handle, name)) entry.setAddress(address);
    });
    library->dialect_ = platform::dialect();
    library->releaseGuard_ = &ReleaseGuard::ofProcess();
    library->guardTransactions();
    if (library->api_.establishContext) return std::shared_ptr<const Library>(std::move(library));
    tried.push_back({candidate, "loaded, but it has no SCardEstablishContext"});
  }
  return Error{"SCardEstablishContext", 0, Reason::kLibraryMissing, std::move(tried)};
}

std::shared_ptr<const Library> Library::fromTable(const Api& api, const Dialect& dialect,
                                                  std::shared_ptr<void> owner) {
  std::shared_ptr<Library> library(new Library());
  library->api_ = api;
  library->dialect_ = dialect;
  library->owner_ = std::move(owner);
  library->guardTransactions();
  return library;
}

void Library::guardTransactions() {
  if (api_.listCards || api_.locateCards) transactionGate_ = std::make_unique<TransactionGate>();
}

}  // namespace scard
