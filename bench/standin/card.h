// What the stand-in's card answers, and how long it takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace standin {

/// Settings from the environment; bench/README.md lists them.
struct CardSettings {
  /// Bytes of every answer, the status word included; 0 to go by the command.
  std::size_t responseLength = 0;
  /// What every command takes, in microseconds.
  long delayMicroseconds = 0;
};

/// One connection's card. Calls on one connection come one at a time.
class Card {
 public:
  enum class Outcome { kAnswered, kTooLong };

  /// Writes the answer to `response`, whose room is `length` before and whose use it is after.
  Outcome answer(const CardSettings& settings, const std::uint8_t* command,
                 std::size_t commandLength, std::uint8_t* response, std::size_t& length);

  /// What the last command takes, in microseconds; the caller waits.
  long delayMicroseconds() const { return delay_; }

 private:
  /// Bytes that GET RESPONSE still has to fetch.
  std::size_t pending_ = 0;
  long delay_ = 0;
};

}  // namespace standin
