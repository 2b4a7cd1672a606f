#include "core/apdu_exchange.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/apdu_command.h"
#include "core/apdu_plan.h"
#include "core/errors/codes.gen.h"
#include "core/pcsc_card.h"
#include "core/secret_bytes.h"

namespace scard {

namespace {

constexpr const char* kCall = "SCardTransmit";
constexpr std::uint8_t kGetResponseIns = 0xC0;
constexpr std::uint8_t kEnvelopeIns = 0xC2;
constexpr std::uint8_t kChainingBit = 0x10;
/// Most data of a short answer, and a status word.
constexpr std::size_t kShortAnswer = 258;
/// A card that names another Le each time is not asked for ever; one repetition is usual.
constexpr int kMostRepetitions = 4;
/// Rounds of GET RESPONSE in a row that bring nothing.
constexpr int kMostEmptyRounds = 16;

std::uint32_t exactLength(std::uint16_t sw) { return (sw & 0xFFU) == 0 ? 256 : sw & 0xFFU; }

/// Whether a well-formed command has short length fields, or none.
bool hasShortLengths(std::span<const std::uint8_t> command) {
  return command.size() == 4 || command.size() == 5 || (command.size() > 5 && command[4] != 0);
}

/// One exchange under way. Each step gives nothing when the exchange goes on.
class Framer {
 public:
  using Ended = std::optional<ExchangeResult>;

  Framer(ApduLine& line, const FramingOptions& options, ResponseSpace& space)
      : line_(line), options_(options), space_(space), start_(space.used()) {}

  ExchangeResult run(std::span<const std::uint8_t> command) {
    // Most commands need no plan: they go out as they came, and the answer is all there is.
    const bool plain = hasShortLengths(command) && line_.protocol() != protocol::kT0;
    if (plain) {
      if (Ended ended = transmit(command)) return std::move(*ended);
      if (!namesExactLe() && !announcesData()) return answered();
    }
    return goOn(command, plain);
  }

 private:
  /// `sent`: the command has been sent as it came, and the card asks for more.
  ExchangeResult goOn(std::span<const std::uint8_t> command, bool sent) {
    const auto fields = parseApdu(command);
    if (!fields.has_value()) {
      return {ExchangeEnd::kFailed, {kCall, code::kInvalidParameter}, 0};
    }
    plan_ = planApdu(*fields, options_, line_);
    Ended ended = sent ? sendCommand(shaped(*fields), {}, true) : send(*fields, command);
    if (!ended) ended = fetchExpected(*fields);
    if (!ended) ended = fetchRest(*fields);
    return ended ? std::move(*ended) : answered();
  }

  ExchangeResult answered() {
    const auto end = space_.rest(2);
    end[0] = static_cast<std::uint8_t>(sw_ >> 8U);
    end[1] = static_cast<std::uint8_t>(sw_);
    space_.setUsed(space_.used() + 2);
    return {ExchangeEnd::kAnswered, {}, exchanges_};
  }

  Ended over(ExchangeEnd end) const { return ExchangeResult{end, {}, exchanges_}; }
  std::size_t received() const { return space_.used() - start_; }

  Ended send(const ApduFields& fields, std::span<const std::uint8_t> command) {
    switch (plan_.way) {
      case ApduPlan::Way::kTooLong:
        return over(ExchangeEnd::kCommandTooLong);
      case ApduPlan::Way::kAlreadyChained:
        return over(ExchangeEnd::kAlreadyChained);
      case ApduPlan::Way::kChaining:
        return sendPieces(fields, fields.data, fields.header, kChainingBit);
      case ApduPlan::Way::kEnvelope:
        return sendPieces(fields, command, added(fields, kEnvelopeIns), 0);
      case ApduPlan::Way::kWhole:
        break;
    }
    return sendCommand(shaped(fields), asItCame(fields, command));
  }

  /// The usual command needs no copy: it goes out as it came, under T=0 without an Le after data.
  /// Empty where it must be encoded anew.
  std::span<const std::uint8_t> asItCame(const ApduFields& fields,
                                         std::span<const std::uint8_t> command) const {
    const bool hasData = !fields.data.empty();
    if (fields.extended != plan_.extended) return {};
    if (!plan_.tpdu) return command;
    if (!hasData && fields.expected == 0) return {};
    return hasData && fields.expected != 0 ? command.first(command.size() - 1) : command;
  }

  /// `data` in several commands with `header`; all but the last have `moreBit` in their class. They
  /// are one command to the card: it is repeated whole.
  Ended sendPieces(ApduFields fields, std::span<const std::uint8_t> data,
                   const std::array<std::uint8_t, 4>& header, std::uint8_t moreBit) {
    const std::size_t before = space_.used();
    for (int repetition = 0;; ++repetition) {
      auto rest = data;
      for (; rest.size() > plan_.piece; rest = rest.subspan(plan_.piece)) {
        ApduFields piece = shaped({header, rest.first(plan_.piece), 0, false});
        piece.header[0] |= moreBit;
        if (Ended ended = transmitFields(piece)) return ended;
        // Anything else ends the command: the card's word on it.
        if (sw_ != 0x9000) return std::nullopt;
      }
      if (Ended ended = transmitFields(shaped({header, rest, fields.expected, false})))
        return ended;
      if (!namesExactLe() || plan_.tpdu) return std::nullopt;
      if (repetition == kMostRepetitions) return over(ExchangeEnd::kEndless);
      space_.setUsed(before);
      fields.expected = exactLength(sw_);
    }
  }

  /// The command with the length fields of the plan.
  ApduFields shaped(ApduFields fields) const {
    fields.extended = plan_.extended;
    if (!plan_.extended) fields.expected = std::min<std::uint32_t>(fields.expected, 256);
    return fields;
  }

  /// Header of a command that the caller did not write: same channel, same secure messaging.
  std::array<std::uint8_t, 4> added(const ApduFields& fields, std::uint8_t ins) const {
    const auto own = static_cast<std::uint8_t>(fields.proprietary() ? fields.cla()
                                                                    : fields.cla() & ~kChainingBit);
    return {options_.alternateClass.value_or(own), ins, 0, 0};
  }

  /// Sends a command, again with the exact Le where the card names it. `ready` is its encoding if
  /// there is one already; `sent`: it is the first of the exchange and has been sent once.
  Ended sendCommand(ApduFields fields, std::span<const std::uint8_t> ready, bool sent = false) {
    const std::size_t before = sent ? start_ : space_.used();
    for (int repetition = 0;; ++repetition) {
      if (repetition > 0 || !sent) {
        if (Ended ended = ready.empty() ? transmitFields(fields) : transmit(ready)) return ended;
      }
      // T=0 has no Le after data that could be wrong.
      if (!namesExactLe() || (plan_.tpdu && !fields.data.empty())) return std::nullopt;
      if (repetition == kMostRepetitions) return over(ExchangeEnd::kEndless);
      space_.setUsed(before);
      fields.expected = exactLength(sw_);
      ready = {};
    }
  }

  Ended transmitFields(const ApduFields& fields) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(apduLength(fields) + 1);
    (plan_.tpdu ? appendTpdu : appendApdu)(bytes, fields);
    // Wiped when it goes: it may hold a PIN.
    const SecretBytes encoded(std::move(bytes));
    return transmit(encoded.bytes());
  }

  Ended transmit(std::span<const std::uint8_t> command) {
    if (exchanges_ > 0 && !line_.wanted()) return over(ExchangeEnd::kGivenUp);
    ++exchanges_;
    const auto room = space_.rest(plan_.extended ? kResponseCapacity : kShortAnswer);
    const auto length = line_.transmit(command, room);
    if (!length.ok()) return ExchangeResult{ExchangeEnd::kFailed, length.error(), exchanges_};
    const std::size_t size = length.value();
    sw_ = statusWordOf(room.first(size));
    if (!isStatusWord(sw_)) {
      space_.setUsed(space_.used() + size);
      return over(ExchangeEnd::kIncomplete);
    }
    space_.setUsed(space_.used() + size - 2);
    if (received() > options_.maxLength) return over(ExchangeEnd::kTooLong);
    return std::nullopt;
  }

  bool namesExactLe() const {
    if (!options_.repeatWithExactLe) return false;
    const unsigned sw1 = sw_ >> 8U;
    return sw1 == 0x6C || (options_.wrongLengthIsExactLe && sw1 == 0x67 && (sw_ & 0xFFU) != 0);
  }

  bool announcesData() const {
    const unsigned sw1 = sw_ >> 8U;
    return sw1 == 0x61 || (options_.sw9fIsMoreData && sw1 == 0x9F);
  }

  /// T=0 cards that do not announce what a case 4 command was answered (7816-3, 12.2.5).
  Ended fetchExpected(const ApduFields& fields) {
    const unsigned sw1 = sw_ >> 8U;
    const bool done = sw_ == 0x9000 || sw1 == 0x62 || sw1 == 0x63;
    if (options_.getResponse != GetResponse::kExpected || !plan_.tpdu || !done ||
        fields.data.empty() || fields.expected == 0 || received() > 0) {
      return std::nullopt;
    }
    const std::uint16_t first = sw_;
    if (Ended ended = getResponse(fields, fields.expected)) return ended;
    // Nothing was there: the card's first word counts.
    if (received() == 0 && !announcesData()) sw_ = first;
    return std::nullopt;
  }

  Ended fetchRest(const ApduFields& fields) {
    if (options_.getResponse == GetResponse::kNever) return std::nullopt;
    for (int empty = 0; announcesData();) {
      if (received() >= options_.maxLength) return over(ExchangeEnd::kTooLong);
      const std::size_t before = space_.used();
      // Never more than announced: a card may drop an answer that was asked for with a wrong Le.
      if (Ended ended = getResponse(fields, exactLength(sw_))) return ended;
      empty = space_.used() > before ? 0 : empty + 1;
      if (empty == kMostEmptyRounds) return over(ExchangeEnd::kEndless);
    }
    return std::nullopt;
  }

  Ended getResponse(const ApduFields& fields, std::uint32_t expected) {
    plan_.extended = false;
    return sendCommand(shaped({added(fields, kGetResponseIns), {}, expected, false}), {});
  }

  ApduLine& line_;
  const FramingOptions& options_;
  ResponseSpace& space_;
  const std::size_t start_;
  ApduPlan plan_;
  std::uint16_t sw_ = 0;
  std::uint32_t exchanges_ = 0;
};

}  // namespace

std::uint16_t statusWordOf(std::span<const std::uint8_t> answer) {
  const std::size_t size = answer.size();
  return size < 2 ? 0 : static_cast<std::uint16_t>(answer[size - 2] << 8U | answer[size - 1]);
}

bool isStatusWord(std::uint16_t sw) {
  const unsigned high = sw >> 12U;
  return (high == 6 || high == 9) && sw >> 8U != 0x60;
}

std::span<std::uint8_t> ResponseSpace::grown(std::size_t least) {
  buffer_.grow(std::max(2 * buffer_.space().size(), used_ + least), used_);
  return buffer_.space();
}

ExchangeResult exchangeApdu(ApduLine& line, std::span<const std::uint8_t> command,
                            const FramingOptions& options, ResponseSpace& space) {
  return Framer(line, options, space).run(command);
}

}  // namespace scard
