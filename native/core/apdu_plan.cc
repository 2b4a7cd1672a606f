#include "core/apdu_plan.h"

#include <algorithm>

#include "core/pcsc_card.h"

namespace scard {

namespace {

using Way = ApduPlan::Way;

constexpr std::size_t kShortOverhead = 4 + 1 + 1;
constexpr std::size_t kExtendedOverhead = 4 + 3 + 2;
constexpr std::size_t kMostShortData = 255;

std::size_t roomFor(std::size_t maxCommand, std::size_t overhead, std::size_t most) {
  if (maxCommand == 0) return most;
  return std::clamp<std::size_t>(maxCommand - std::min(maxCommand, overhead), 1, most);
}

/// A size of ENVELOPE that does not leave Le alone in the last one: without it the others look like
/// a whole command, and cards take them for that.
std::size_t unambiguous(std::size_t room, std::size_t length) {
  while (room > 3 && length % room == 2) --room;
  return room;
}

bool splittable(const ApduFields& fields) { return !fields.chained() && !fields.forReader(); }

ApduPlan split(const ApduFields& fields, Way way, const FramingOptions& options, bool tpdu) {
  if (!splittable(fields)) return {Way::kAlreadyChained, false, tpdu, 0};
  const std::size_t room = roomFor(options.maxCommand, kShortOverhead, kMostShortData);
  return {way, false, tpdu, way == Way::kEnvelope ? unambiguous(room, apduLength(fields)) : room};
}

/// What needs no more than 255 bytes of data at once: the answer's length is left to 61XX.
ApduPlan shortened(bool tpdu) { return {Way::kWhole, false, tpdu, 0}; }

ApduPlan planT0(const ApduFields& fields, const FramingOptions& options, ApduLine& line) {
  if (fields.data.size() <= kMostShortData) return shortened(true);
  const auto known = line.capabilities();
  const bool chains = known.has_value() && known->chaining;
  return split(fields, chains ? Way::kChaining : Way::kEnvelope, options, true);
}

ApduPlan planOthers(const ApduFields& fields, const FramingOptions& options, ApduLine& line) {
  const ApduPlan whole{Way::kWhole, true, false, 0};
  if (fields.forReader()) return whole;
  const auto known = line.capabilities();
  const bool extended = !known.has_value() || known->extended;
  const bool fits = options.maxCommand == 0 || apduLength(fields) <= options.maxCommand;
  if (extended && fits) return whole;
  if (fields.data.size() <= kMostShortData) return shortened(false);
  // A card that says nothing but has a limit: its chaining is all that is left to try.
  if (known.has_value() && !known->chaining) return {Way::kTooLong, false, false, 0};
  ApduPlan plan = split(fields, Way::kChaining, options, false);
  const std::size_t room = roomFor(options.maxCommand, kExtendedOverhead, 65535);
  if (plan.way == Way::kChaining && extended && room > kMostShortData) {
    plan.extended = true;
    plan.piece = room;
  }
  return plan;
}

}  // namespace

ApduPlan planApdu(const ApduFields& fields, const FramingOptions& options, ApduLine& line) {
  const bool tpdu = line.protocol() == protocol::kT0;
  if (!fields.extended) return shortened(tpdu);
  switch (options.longCommands) {
    case LongCommands::kExtended:
      return {Way::kWhole, true, false, 0};
    case LongCommands::kEnvelope:
      return split(fields, Way::kEnvelope, options, tpdu);
    case LongCommands::kChaining:
      return fields.data.size() <= kMostShortData ? shortened(tpdu)
                                                  : split(fields, Way::kChaining, options, tpdu);
    case LongCommands::kAuto:
      break;
  }
  return tpdu ? planT0(fields, options, line) : planOthers(fields, options, line);
}

}  // namespace scard
