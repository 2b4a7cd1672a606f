#include "core/locate.h"

#include <algorithm>
#include <utility>

#include "core/multistring.h"
#include "core/outside_transactions.h"
#include "core/pcsc_call.h"
#include "core/reader_states.h"

namespace scard {

namespace {

abi::AtrMask maskOf(const AtrMaskQuery& query) {
  abi::AtrMask mask{};
  const std::size_t length = std::min({query.atr.size(), query.mask.size(), sizeof mask.atr});
  mask.atrLength = static_cast<abi::Dword>(length);
  std::copy_n(query.atr.begin(), length, mask.atr);
  std::copy_n(query.mask.begin(), length, mask.mask);
  return mask;
}

}  // namespace

Result<std::vector<ReaderReport>> locateCards(const PcscContext& context,
                                              const std::vector<std::string>& cardTypes,
                                              const std::vector<ReaderQuery>& readers) {
  const platform::String names = buildMultiString(cardTypes);
  ReaderStates states(readers);
  return outsideTransactions(
      context, "SCardLocateCards", [&]() -> Result<std::vector<ReaderReport>> {
        if (auto error = callPcsc("SCardLocateCards", context.api().locateCards, context.handle(),
                                  names.c_str(), states.data(), states.count())) {
          return std::move(*error);
        }
        return states.reports();
      });
}

Result<std::vector<ReaderReport>> locateCardsByAtr(const PcscContext& context,
                                                   const std::vector<AtrMaskQuery>& masks,
                                                   const std::vector<ReaderQuery>& readers) {
  std::vector<abi::AtrMask> patterns(masks.size());
  std::ranges::transform(masks, patterns.begin(), maskOf);
  ReaderStates states(readers);
  if (auto error =
          callPcsc("SCardLocateCardsByATR", context.api().locateCardsByAtr, context.handle(),
                   static_cast<const abi::AtrMask*>(patterns.data()),
                   static_cast<abi::Dword>(patterns.size()), states.data(), states.count())) {
    return std::move(*error);
  }
  return states.reports();
}

}  // namespace scard
