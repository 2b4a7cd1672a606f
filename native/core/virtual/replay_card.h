// A card that answers from a recording.
//
// A transcript is plain text, one thing a line; `#` begins a comment, blank lines separate:
//   atr 3B 80 80 01 01
//   protocol T=1
//   reset                      the recorded program reset the card here
//   > 00 A4 04 00 00           a command
//   < 6F 10 ** ** 90 00        its response; `**` stands for a byte that was masked
// Masked bytes of a command match any byte; masked bytes of a response are given as zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/virtual/card_device.h"

namespace scard::virtualrm {

/// Bytes of which some are masked.
struct MaskedBytes {
  Bytes bytes{};
  /// 0xFF known, 0x00 masked; as long as `bytes`.
  Bytes mask{};
  bool matches(const Bytes& candidate) const;
};

struct TranscriptStep {
  bool isReset = false;
  MaskedBytes command{};
  Bytes response{};
};

struct Transcript {
  Bytes atr{};
  /// `protocol::kT0`, `kT1`, or 0 when the recording does not say.
  Dword protocol = 0;
  std::vector<TranscriptStep> steps{};
};

/// What parsing gave: a transcript, or what is wrong and in which line.
struct ParsedTranscript {
  std::optional<Transcript> transcript;
  std::size_t line = 0;
  std::string fault{};
};

ParsedTranscript parseTranscript(const std::string& text);

/// Answers in the recorded order. A command that is not the next one is looked for further on,
/// then from the start; one that was never recorded gets 6F00.
class ReplayCard final : public CardDevice {
 public:
  explicit ReplayCard(Transcript transcript);

  Bytes powerOn() override;
  Bytes reset() override;
  void powerOff() override {}
  void transmit(Bytes command, Dword protocol, std::shared_ptr<Exchange> exchange) override;

 private:
  const Transcript transcript_;
  std::size_t next_ = 0;
};

}  // namespace scard::virtualrm
