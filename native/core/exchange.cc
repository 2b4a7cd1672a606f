#include "core/exchange.h"

#include <utility>

#include "core/operation.h"

namespace scard {

void Exchange::deliver(std::unique_ptr<Exchange> done) noexcept {
  Operations& operations = *done->operations_;
  operations.deliver(std::move(done));
}

}  // namespace scard
