#include "core/virtual/replay_card.h"

#include <algorithm>
#include <sstream>

namespace scard::virtualrm {

bool MaskedBytes::matches(const Bytes& candidate) const {
  if (candidate.size() != bytes.size()) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if ((candidate[i] & mask[i]) != (bytes[i] & mask[i])) return false;
  }
  return true;
}

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Hex pairs, with or without spaces; `**` is a masked byte.
std::optional<MaskedBytes> parseHex(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
  if (text.size() % 2 != 0) return std::nullopt;
  MaskedBytes parsed;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    if (text[i] == '*' && text[i + 1] == '*') {
      parsed.bytes.push_back(0);
      parsed.mask.push_back(0x00);
      continue;
    }
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    parsed.bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
    parsed.mask.push_back(0xFF);
  }
  return parsed;
}

/// Reads one line into the transcript. What is wrong with it; empty when nothing is.
std::string parseLine(const std::string& line, Transcript& transcript, bool& answered) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  std::string rest;
  std::getline(words, rest);
  if (word == "reset") {
    transcript.steps.push_back({.isReset = true, .command = {}, .response = {}});
    return {};
  }
  if (word == "protocol") {
    const std::size_t first = rest.find_first_not_of(' ');
    const std::string name = first == std::string::npos ? "" : rest.substr(first, 3);
    if (name != "T=0" && name != "T=1") return "protocol is T=0 or T=1";
    transcript.protocol = name == "T=0" ? protocol::kT0 : protocol::kT1;
    return {};
  }
  const std::optional<MaskedBytes> bytes = parseHex(rest);
  if (!bytes) return "hex bytes expected";
  if (word == "atr") {
    transcript.atr = bytes->bytes;
  } else if (word == ">") {
    if (!answered) return "a command follows one without a response";
    transcript.steps.push_back({.isReset = false, .command = *bytes, .response = {}});
    answered = false;
  } else if (word == "<") {
    if (answered) return "a response without a command";
    transcript.steps.back().response = bytes->bytes;
    answered = true;
  } else {
    return "atr, protocol, reset, > or < expected";
  }
  return {};
}

}  // namespace

ParsedTranscript parseTranscript(const std::string& text) {
  ParsedTranscript parsed;
  Transcript transcript;
  bool answered = true;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    ++parsed.line;
    line.erase(std::min(line.find('#'), line.size()));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    parsed.fault = parseLine(line, transcript, answered);
    if (!parsed.fault.empty()) return parsed;
  }
  if (transcript.atr.size() < 2 || transcript.atr.size() > 33) {
    parsed.fault = "an atr of 2 to 33 bytes is needed";
  } else if (!answered) {
    parsed.fault = "the last command has no response";
  } else {
    parsed.transcript = std::move(transcript);
  }
  return parsed;
}

ReplayCard::ReplayCard(Transcript transcript) : transcript_(std::move(transcript)) {}

Bytes ReplayCard::powerOn() {
  next_ = 0;
  return transcript_.atr;
}

Bytes ReplayCard::reset() {
  const auto& steps = transcript_.steps;
  // The recording goes on behind its own reset, when the next thing in it is one.
  if (next_ < steps.size() && steps[next_].isReset) ++next_;
  return transcript_.atr;
}

void ReplayCard::transmit(Bytes command, Dword, std::shared_ptr<Exchange> exchange) {
  const auto& steps = transcript_.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::size_t at = (next_ + i) % steps.size();
    if (steps[at].isReset || !steps[at].command.matches(command)) continue;
    next_ = at + 1;
    return exchange->respond(steps[at].response);
  }
  exchange->respond({0x6F, 0x00});
}

}  // namespace scard::virtualrm
