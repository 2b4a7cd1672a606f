// How often the program has called `operator new`; counted in secret_bytes_test.cc, which replaces
// it.
#pragma once

#include <atomic>
#include <cstddef>

namespace scard::test {

std::atomic<std::size_t>& allocations();

}  // namespace scard::test
