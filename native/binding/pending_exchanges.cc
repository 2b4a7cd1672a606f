#include "binding/pending_exchanges.h"

#include <utility>

namespace scard::binding {

namespace {

// Used again; a burst of more calls than this allocates and frees.
constexpr std::size_t kIdle = 256;
constexpr std::size_t kIdleFramed = 16;

/// The last of some, or null.
std::unique_ptr<Exchange> lastOf(std::vector<std::unique_ptr<Exchange>>& idle) {
  if (idle.empty()) return nullptr;
  auto exchange = std::move(idle.back());
  idle.pop_back();
  return exchange;
}

}  // namespace

std::unique_ptr<Exchange> PendingExchanges::fresh() {
  auto exchange = lastOf(idle_);
  return exchange == nullptr ? std::make_unique<Exchange>() : std::move(exchange);
}

std::unique_ptr<Exchange> PendingExchanges::freshFramed() {
  auto exchange = lastOf(idleFramed_);
  if (exchange == nullptr) {
    exchange = std::make_unique<Exchange>();
    exchange->framed = std::make_unique<FramedJob>();
  }
  return exchange;
}

void PendingExchanges::begin(Exchange& exchange) {
  if (free_.empty()) {
    byToken_.push_back(&exchange);
    exchange.token = static_cast<std::uint32_t>(byToken_.size() - 1);
    return;
  }
  exchange.token = free_.back();
  free_.pop_back();
  byToken_[exchange.token] = &exchange;
}

void PendingExchanges::end(const Exchange& exchange) {
  byToken_[exchange.token] = nullptr;
  spent_.push_back(exchange.token);
}

void PendingExchanges::reuseTokens() {
  free_.insert(free_.end(), spent_.begin(), spent_.end());
  spent_.clear();
}

void PendingExchanges::giveBack(std::unique_ptr<Exchange> done) {
  done->finish();
  auto& idle = done->framed == nullptr ? idle_ : idleFramed_;
  const std::size_t most = done->framed == nullptr ? kIdle : kIdleFramed;
  if (idle.size() < most) idle.push_back(std::move(done));
}

void PendingExchanges::abandon() {
  for (Exchange* const exchange : byToken_) {
    if (exchange != nullptr) exchange->abandon();
  }
}

void PendingExchanges::clear() {
  byToken_.clear();
  idle_.clear();
  idleFramed_.clear();
}

}  // namespace scard::binding
