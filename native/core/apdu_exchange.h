// One command of any length and its whole answer over a line that carries single APDUs: T=0, GET
// RESPONSE, wrong Le, command chaining, ENVELOPE (ISO/IEC 7816-3, 12.2; 7816-4, 5.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/apdu_capabilities.h"
#include "core/buffer_pool.h"
#include "core/result.h"

namespace scard {

/// How a command is sent whose length fields are extended.
enum class LongCommands : std::uint8_t {
  /// What the protocol and the card's capabilities allow; extended where nothing is known.
  kAuto,
  kExtended,
  kChaining,
  kEnvelope,
};

/// When GET RESPONSE is sent.
enum class GetResponse : std::uint8_t {
  /// After 61XX.
  kAnnounced,
  /// Also after 9000, 62XX and 63XX to a case 4 command under T=0.
  kExpected,
  kNever,
};

struct FramingOptions {
  LongCommands longCommands = LongCommands::kAuto;
  GetResponse getResponse = GetResponse::kAnnounced;
  /// Whether a command that 6CXX refuses is sent again with the Le it names.
  bool repeatWithExactLe = true;
  /// 67XX, XX not 00, is taken for 6CXX.
  bool wrongLengthIsExactLe = false;
  /// 9FXX is taken for 61XX (3GPP TS 51.011).
  bool sw9fIsMoreData = false;
  /// Class byte of the commands added here. Nothing: the command's own, without its chaining bit.
  std::optional<std::uint8_t> alternateClass{};
  /// Most bytes of response data kept.
  std::size_t maxLength = 1U << 20U;
  /// Longest command the card takes, in bytes, as EF.ATR/INFO says; 0: unknown.
  std::size_t maxCommand = 0;
  /// Whether the exchange holds the card's lock, where no transaction is open.
  bool transaction = false;
};

/// How an exchange ended.
enum class ExchangeEnd : std::uint8_t {
  /// Data and a status word are in the buffer.
  kAnswered,
  /// A PC/SC call failed.
  kFailed,
  /// An answer without a status word.
  kIncomplete,
  /// More than `maxLength` bytes.
  kTooLong,
  /// The card asks for the same again and again.
  kEndless,
  /// Neither the protocol nor the card takes so long a command. Nothing was sent.
  kCommandTooLong,
  /// The command would have to be split, but is part of a chain already. Nothing was sent.
  kAlreadyChained,
  /// Nobody waits for the answer any more.
  kGivenUp,
};

struct ExchangeResult {
  ExchangeEnd end = ExchangeEnd::kAnswered;
  /// Set for kFailed.
  Error error{};
  /// How many commands the card was sent.
  std::uint32_t exchanges = 0;
};

/// The last two bytes of an answer; 0 when there are none.
std::uint16_t statusWordOf(std::span<const std::uint8_t> answer);

/// Whether SW1 is one of ISO/IEC 7816-3, 10.3.3: 61 to 6F and 90 to 9F.
bool isStatusWord(std::uint16_t sw);

/// Where answers are put together: one buffer, which grows only when it must.
class ResponseSpace {
 public:
  explicit ResponseSpace(PooledBuffer buffer) : buffer_(std::move(buffer)) {}

  /// Everything after what is used, at least `least` bytes.
  std::span<std::uint8_t> rest(std::size_t least) {
    const auto space = buffer_.space();
    return (space.size() - used_ < least ? grown(least) : space).subspan(used_);
  }
  std::size_t used() const { return used_; }
  void setUsed(std::size_t used) { used_ = used; }
  std::span<const std::uint8_t> bytes() const { return buffer_.space().first(used_); }

  /// What is used, as an answer; the space is spent.
  ResponseBytes release() { return {std::move(buffer_), used_}; }

 private:
  std::span<std::uint8_t> grown(std::size_t least);

  PooledBuffer buffer_;
  std::size_t used_ = 0;
};

/// What carries single APDUs. Called on one thread.
class ApduLine {
 public:
  ApduLine() = default;
  ApduLine(const ApduLine&) = delete;
  ApduLine& operator=(const ApduLine&) = delete;
  virtual ~ApduLine() = default;

  /// Value: the length of the answer in `response`, which may be 0 when a card died.
  virtual Result<std::size_t> transmit(std::span<const std::uint8_t> command,
                                       std::span<std::uint8_t> response) = 0;
  /// Protocol bit in use.
  virtual std::uint32_t protocol() const = 0;
  /// Asked for commands with extended length fields only.
  virtual std::optional<ApduCapabilities> capabilities() = 0;
  /// Asked between two APDUs: whether anyone still waits.
  virtual bool wanted() const = 0;
};

/// Sends a well-formed command and puts the answer into `space` behind what is used: all data,
/// then the last status word. When it does not end with kAnswered, what had arrived is there
/// without one. `command` is not changed; copies of it are wiped.
ExchangeResult exchangeApdu(ApduLine& line, std::span<const std::uint8_t> command,
                            const FramingOptions& options, ResponseSpace& space);

}  // namespace scard
