// The generated lookup from results to names; the constants against the real headers.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/errors/codes.gen.h"
#include "test.h"

#if defined(SCARD_HAVE_PCSC_HEADERS)
#include <winscard.h>
#endif

namespace scard {
namespace {

static_assert(errorSymbol(0x80100069) == "SCARD_W_REMOVED_CARD");
static_assert(errorSymbol(0x8010001F, Family::kWindows) == "SCARD_E_UNEXPECTED");
static_assert(errorSymbol(0x8010001F, Family::kPcsclite) == "SCARD_E_UNSUPPORTED_FEATURE");

TEST("a number that only the other numbering defines keeps its name") {
  CHECK_EQ(errorSymbol(0x80100022, Family::kPcsclite), "SCARD_E_UNSUPPORTED_FEATURE");
  CHECK_EQ(errorSymbol(31, Family::kPcsclite), "ERROR_GEN_FAILURE");
}

TEST("a number that nobody defines has no name") {
  CHECK(errorSymbol(0x80109999).empty());
  CHECK(errorSymbol(0xFFFFFFFF).empty());
}

TEST("the table is sorted, without a number twice") {
  for (std::size_t index = 1; index < kErrorNames.size(); ++index) {
    CHECK(kErrorNames[index - 1].value < kErrorNames[index].value);
  }
}

#if defined(SCARD_HAVE_PCSC_HEADERS)
TEST("constants are those of the installed headers") {
  CHECK_EQ(code::kSuccess, static_cast<std::uint32_t>(SCARD_S_SUCCESS));
  CHECK_EQ(code::kCancelled, static_cast<std::uint32_t>(SCARD_E_CANCELLED));
  CHECK_EQ(code::kInvalidHandle, static_cast<std::uint32_t>(SCARD_E_INVALID_HANDLE));
  CHECK_EQ(code::kTimeout, static_cast<std::uint32_t>(SCARD_E_TIMEOUT));
  CHECK_EQ(code::kNoService, static_cast<std::uint32_t>(SCARD_E_NO_SERVICE));
  CHECK_EQ(code::kUnsupportedFeature, static_cast<std::uint32_t>(SCARD_E_UNSUPPORTED_FEATURE));
  CHECK_EQ(code::kUnexpected, static_cast<std::uint32_t>(SCARD_E_UNEXPECTED));
  CHECK_EQ(code::kResetCard, static_cast<std::uint32_t>(SCARD_W_RESET_CARD));
  CHECK_EQ(code::kRemovedCard, static_cast<std::uint32_t>(SCARD_W_REMOVED_CARD));
}
#endif

}  // namespace
}  // namespace scard
