#include "core/virtual/faults.h"

#include <algorithm>

namespace scard::virtualrm {

std::optional<Fault> FaultPlan::next() {
  std::optional<Fault> striking;
  for (Fault& fault : faults_) {
    if (fault.exchange > 1) {
      --fault.exchange;
      continue;
    }
    if (striking) continue;
    striking = fault;
    // A byte that differs each round, so that no caller can mistake the answers for progress.
    if (fault.kind == Fault::Kind::kWrongLength) fault.bytes = (fault.bytes + 1) & 0xFFU;
    if (fault.count == 1) {
      fault.exchange = 0;
    } else if (fault.count > 1) {
      --fault.count;
    }
  }
  std::erase_if(faults_, [](const Fault& fault) { return fault.exchange == 0; });
  return striking;
}

Bytes spoil(const Fault& fault, Bytes response) {
  switch (fault.kind) {
    case Fault::Kind::kRemoveDuring:
    case Fault::Kind::kTruncate:
      response.resize(std::min<std::size_t>(response.size(), fault.bytes));
      return response;
    case Fault::Kind::kOversize:
      // Padding goes in front of the status word: the answer stays well formed, only too long.
      if (response.size() >= 2 && response.size() < fault.bytes)
        response.insert(response.end() - 2, fault.bytes - response.size(), 0x00);
      return response;
    case Fault::Kind::kMoreData:
      if (response.size() >= 2) response.resize(response.size() - 2);
      response.insert(response.end(), {0x61, 0x10});
      return response;
    case Fault::Kind::kWrongLength:
      return {0x6C, static_cast<std::uint8_t>(fault.bytes)};
    default:
      return response;
  }
}

}  // namespace scard::virtualrm
