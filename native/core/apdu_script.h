// Many commands as one job: what each must be answered, where the script ends, and all answers in
// one buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/apdu_exchange.h"
#include "core/secret_bytes.h"

namespace scard {

/// Most bytes of answers that one script keeps.
inline constexpr std::size_t kMostScriptAnswers = std::size_t{256} << 20U;

struct ScriptStep {
  std::span<const std::uint8_t> command;
  /// One SCardTransmit, unframed.
  bool raw = false;
  /// Raw steps: an answer needs no status word.
  bool anyAnswer = false;
  /// Patterns, one of which the status word must match; any if there are none.
  std::span<const std::uint32_t> expected;
};

/// Whether a status word matches one of the patterns: value in the high half, mask in the low one.
bool matchesAny(std::uint16_t sw, std::span<const std::uint32_t> patterns);

/// Immutable; may be run any number of times.
class ApduScript {
 public:
  /// `plan` is the number of stop patterns, those, then for each step the length of its command, a
  /// word of flags (bit 0 raw, bit 1 any answer, from bit 8 on the number of patterns) and its
  /// patterns. Nothing when that does not add up with `commands`, or a framed command is malformed.
  static std::shared_ptr<const ApduScript> parse(std::vector<std::uint8_t> commands,
                                                 std::vector<std::uint32_t> plan);

  /// Number of steps.
  std::size_t size() const { return size_; }
  std::span<const std::uint32_t> stops() const { return {plan_.data() + 1, plan_[0]}; }

  /// Walks the steps.
  class Cursor {
   public:
    explicit Cursor(const ApduScript& script)
        : commands_(script.commands_.bytes()),
          plan_(std::span(script.plan_).subspan(1 + script.plan_[0])) {}
    bool atEnd() const { return plan_.empty(); }
    /// Nothing when the plan does not add up.
    std::optional<ScriptStep> next();
    std::size_t unread() const { return commands_.size(); }

   private:
    std::span<const std::uint8_t> commands_;
    std::span<const std::uint32_t> plan_;
  };

  ApduScript(std::vector<std::uint8_t> commands, std::vector<std::uint32_t> plan)
      : commands_(std::move(commands)), plan_(std::move(plan)) {}

 private:
  /// Counts the steps; false when the plan does not add up.
  bool count();

  SecretBytes commands_;
  std::vector<std::uint32_t> plan_;
  std::size_t size_ = 0;
};

/// How a script ended.
enum class ScriptEnd : std::uint8_t {
  kDone,
  /// A status word was one to stop at.
  kStopped,
  /// Somebody asked for it.
  kAsked,
  /// A status word was not one that the step expects.
  kUnexpected,
  /// A step broke off; `broken` says how.
  kBroken,
};

/// For another thread than the one that runs the script, which works in memory of its own: a step
/// that writes where another processor has read takes as long as several others.
struct ScriptOutcome {
  /// More answers than this are handed over with their memory instead of being copied.
  static constexpr std::size_t kMostCopied = std::size_t{32} << 10U;

  ScriptEnd end = ScriptEnd::kDone;
  ExchangeResult broken{};
  /// Where each answer ends. What follows the last is what a broken step had received.
  std::vector<std::uint32_t> ends;
  std::vector<std::uint8_t> copied;
  std::optional<ResponseBytes> handed;

  std::span<const std::uint8_t> answers() const {
    return handed.has_value() ? handed->bytes() : std::span(copied);
  }

  /// Gives back what only one script needed; memory of the usual size is used again.
  void finish() {
    broken = {};
    handed.reset();
    if (ends.capacity() > kMostCopied / sizeof(ends[0])) ends = {};
  }
};

/// Where scripts run, one after the other: their thread's alone.
class ScriptSpace {
 public:
  explicit ScriptSpace(std::shared_ptr<BufferPool> pool)
      : pool_(std::move(pool)), scratch_(pool_->take()) {}

  /// Where the answers of the next script go.
  PooledBuffer takeRoom();
  /// Takes it back after the script, or hands it over with what it holds.
  void deliver(ResponseBytes answers, ScriptOutcome& outcome);

  /// For a raw answer that finds too little room behind the others.
  const PooledBuffer& scratch() const { return scratch_; }
  std::vector<std::uint32_t>& ends() { return ends_; }

 private:
  std::shared_ptr<BufferPool> pool_;
  PooledBuffer scratch_;
  std::optional<PooledBuffer> room_;
  std::vector<std::uint32_t> ends_;
};

/// Who follows a script. Called on the thread that runs it.
class ScriptWatch {
 public:
  ScriptWatch() = default;
  ScriptWatch(const ScriptWatch&) = delete;
  ScriptWatch& operator=(const ScriptWatch&) = delete;
  virtual ~ScriptWatch() = default;

  virtual void progressed(std::uint32_t steps) = 0;
  /// Asked between two steps.
  virtual bool stopAsked() = 0;
};

/// Runs a script; a framed step as `options` say.
void runScript(ApduLine& line, const ApduScript& script, const FramingOptions& options,
               ScriptSpace& space, ScriptWatch& watch, ScriptOutcome& outcome);

}  // namespace scard
