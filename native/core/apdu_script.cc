#include "core/apdu_script.h"

#include <algorithm>
#include <utility>

#include "core/apdu_command.h"

namespace scard {

bool matchesAny(std::uint16_t sw, std::span<const std::uint32_t> patterns) {
  return std::ranges::any_of(patterns, [sw](std::uint32_t pattern) {
    return (((pattern >> 16U) ^ sw) & pattern & 0xFFFFU) == 0;
  });
}

std::optional<ScriptStep> ApduScript::Cursor::next() {
  if (plan_.size() < 2) return std::nullopt;
  const std::size_t length = plan_[0];
  const std::uint32_t flags = plan_[1];
  const std::size_t patterns = flags >> 8U;
  if (length > commands_.size() || patterns > plan_.size() - 2) return std::nullopt;
  const ScriptStep step{commands_.first(length), (flags & 1U) != 0, (flags & 2U) != 0,
                        plan_.subspan(2, patterns)};
  commands_ = commands_.subspan(length);
  plan_ = plan_.subspan(2 + patterns);
  return step;
}

std::shared_ptr<const ApduScript> ApduScript::parse(std::vector<std::uint8_t> commands,
                                                    std::vector<std::uint32_t> plan) {
  auto script = std::make_shared<ApduScript>(std::move(commands), std::move(plan));
  if (!script->count()) return nullptr;
  return script;
}

bool ApduScript::count() {
  if (plan_.empty() || plan_[0] > plan_.size() - 1) return false;
  Cursor cursor(*this);
  while (!cursor.atEnd()) {
    const auto step = cursor.next();
    if (!step.has_value() || step->command.empty()) return false;
    if (!step->raw && !parseApdu(step->command).has_value()) return false;
    ++size_;
  }
  return cursor.unread() == 0;
}

namespace {

/// One script under way.
class ScriptRunner {
 public:
  ScriptRunner(ApduLine& line, const FramingOptions& options, ResponseSpace& space,
               const PooledBuffer& scratch)
      : line_(line), options_(options), space_(space), scratch_(scratch) {}

  /// Runs a step; its answer is in the space when it ends with kAnswered.
  ExchangeResult run(const ScriptStep& step) {
    if (space_.used() > kMostScriptAnswers) return {ExchangeEnd::kTooLong, {}, 0};
    return step.raw ? transmit(step) : exchangeApdu(line_, step.command, options_, space_);
  }

 private:
  ExchangeResult transmit(const ScriptStep& step) {
    // There is always room for the longest answer: a command is never executed and its answer lost.
    const auto behind = space_.rest(0);
    const bool inPlace = behind.size() >= kResponseCapacity;
    const auto room = inPlace ? behind : scratch_.space();
    const auto length = line_.transmit(step.command, room);
    if (!length.ok()) return {ExchangeEnd::kFailed, length.error(), 1};
    const auto answer = room.first(length.value());
    if (!inPlace) std::ranges::copy(answer, space_.rest(answer.size()).begin());
    space_.setUsed(space_.used() + answer.size());
    const bool complete = step.anyAnswer || isStatusWord(statusWordOf(answer));
    return {complete ? ExchangeEnd::kAnswered : ExchangeEnd::kIncomplete, {}, 1};
  }

  ApduLine& line_;
  const FramingOptions& options_;
  ResponseSpace& space_;
  const PooledBuffer& scratch_;
};

/// What a step's answer means for the script.
ScriptEnd judge(std::uint16_t sw, const ScriptStep& step, const ApduScript& script) {
  if (!step.expected.empty() && !matchesAny(sw, step.expected)) return ScriptEnd::kUnexpected;
  return matchesAny(sw, script.stops()) ? ScriptEnd::kStopped : ScriptEnd::kDone;
}

}  // namespace

PooledBuffer ScriptSpace::takeRoom() {
  if (!room_.has_value()) return pool_->take();
  PooledBuffer room = std::move(*room_);
  room_.reset();
  return room;
}

void ScriptSpace::deliver(ResponseBytes answers, ScriptOutcome& outcome) {
  outcome.ends.assign(ends_.begin(), ends_.end());
  if (answers.length > ScriptOutcome::kMostCopied) {
    outcome.handed.emplace(std::move(answers));
    return;
  }
  const auto bytes = answers.bytes();
  outcome.copied.assign(bytes.begin(), bytes.end());
  if (!answers.buffer.grown()) room_.emplace(std::move(answers.buffer));
}

void runScript(ApduLine& line, const ApduScript& script, const FramingOptions& options,
               ScriptSpace& space, ScriptWatch& watch, ScriptOutcome& outcome) {
  ResponseSpace answers(space.takeRoom());
  ScriptRunner runner(line, options, answers, space.scratch());
  std::vector<std::uint32_t>& ends = space.ends();
  ends.clear();
  outcome.end = ScriptEnd::kDone;
  for (ApduScript::Cursor cursor(script); !cursor.atEnd() && outcome.end == ScriptEnd::kDone;) {
    if (!line.wanted() || watch.stopAsked()) {
      outcome.end = ScriptEnd::kAsked;
      break;
    }
    const ScriptStep step = *cursor.next();
    const std::size_t before = answers.used();
    ExchangeResult result = runner.run(step);
    if (result.end != ExchangeEnd::kAnswered) {
      outcome.end = ScriptEnd::kBroken;
      outcome.broken = std::move(result);
      break;
    }
    ends.push_back(static_cast<std::uint32_t>(answers.used()));
    watch.progressed(static_cast<std::uint32_t>(ends.size()));
    outcome.end = judge(statusWordOf(answers.bytes().subspan(before)), step, script);
  }
  space.deliver(answers.release(), outcome);
}

}  // namespace scard
