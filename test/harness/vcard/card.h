// What a test card does with commands and power. No input or output of its own.
#pragma once

#include <chrono>
#include <cstdint>

#include "command.h"

namespace vcard {

struct Answer {
  Bytes response;
  /// How long the card works before it answers.
  std::chrono::milliseconds delay{0};
};

/// ISO-like card for tests; `CLA 80` commands make what happened to it visible:
///
///   00 A4 04 00 [AID]  SELECT: empty and F0 "scard" give 9000, others 6A82
///   00 20 00 xx PIN    VERIFY of "1234", three tries; without data 63Cx
///   0X C0 00 00 Le     GET RESPONSE for what 80 61 (X 0) or 0X EE left behind
///   0X EE .. P2 data   echoes the data, P2 bytes at a time (00: 256), once a chain (CLA bit 5)
///   ends 0X C2 00 00 data   ENVELOPE: the next part of a command 80 EC .. .. data   echoes the
///   data 80 C0              counts up; returns the count in 4 bytes 80 50 ms ms        works for
///   that many milliseconds 80 1A .. .. Le     Le bytes, byte i being i modulo 251 80 CE power-ups
///   (2 bytes) and warm resets (2 bytes) since insertion 80 61 .. .. data   keeps the data for GET
///   RESPONSE and says 61xx 80 6C xx ..        6Cxx unless Le is xx 80 5A sw sw        answers that
///   status word
class Card {
 public:
  void powerUp();
  void reset();
  Answer answer(const Bytes& apdu);

 private:
  Answer answerInterindustry(const Command& command);
  Answer answerProprietary(const Command& command);
  Answer verify(const Command& command);
  Answer getResponse(const Command& command);
  Answer echo(const Command& command);
  Answer envelope(const Command& command);
  Answer nextRound(std::size_t le);
  void forget();

  // Lost with power, as on a real card.
  Bytes pending_;
  std::size_t round_ = 0;
  unsigned pendingChannel_ = 0;
  Bytes chain_;
  Bytes envelope_;
  std::uint32_t count_ = 0;
  // Kept for as long as the card is in the reader.
  std::uint16_t powerUps_ = 0;
  std::uint16_t resets_ = 0;
  unsigned triesLeft_ = 3;
};

}  // namespace vcard
