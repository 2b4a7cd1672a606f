// Which readers hold a card of a kind, over the table. Looks once and never waits; pcsclite has
// neither call.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/pcsc_context.h"
#include "core/result.h"

namespace scard {

/// An ATR matches that is as long as `atr` and equal to it in the bits of `mask`.
struct AtrMaskQuery {
  /// 1 to 33 bytes, both.
  std::vector<std::uint8_t> atr;
  std::vector<std::uint8_t> mask;
};

/// SCardLocateCards, by names of card types. Refused while a transaction is open.
Result<std::vector<ReaderReport>> locateCards(const PcscContext& context,
                                              const std::vector<std::string>& cardTypes,
                                              const std::vector<ReaderQuery>& readers);

/// SCardLocateCardsByATR.
Result<std::vector<ReaderReport>> locateCardsByAtr(const PcscContext& context,
                                                   const std::vector<AtrMaskQuery>& masks,
                                                   const std::vector<ReaderQuery>& readers);

}  // namespace scard
