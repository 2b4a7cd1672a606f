// A line for tests of framing: a table of commands and answers in hex, in the order they must come.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/apdu_exchange.h"
#include "core/errors/codes.gen.h"
#include "core/pcsc_card.h"
#include "test.h"

namespace scard::test {

using Bytes = std::vector<std::uint8_t>;

/// Spaces are skipped; "NN*length" repeats a byte.
inline Bytes fromHex(std::string_view text) {
  Bytes bytes;
  const auto digit = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  };
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
    } else if (text[i] == '*') {
      const std::size_t end = std::min(text.find(' ', i), text.size());
      const std::size_t count = std::stoul(std::string(text.substr(i + 1, end - i - 1)));
      bytes.insert(bytes.end(), count - 1, bytes.back());
      i = end;
    } else {
      bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4U | digit(text[i + 1])));
      i += 2;
    }
  }
  return bytes;
}

struct Exchanged {
  std::string_view command;
  std::string_view answer;
  /// Ends the call with this instead.
  std::uint32_t failure = 0;
};

class TableLine final : public ApduLine {
 public:
  explicit TableLine(std::uint32_t protocol, std::vector<Exchanged> table = {})
      : protocol_(protocol), table_(table.begin(), table.end()) {}
  ~TableLine() override { CHECK_EQ(table_.size(), 0U); }

  Result<std::size_t> transmit(std::span<const std::uint8_t> command,
                               std::span<std::uint8_t> response) override {
    smallestRoom = std::min(smallestRoom, response.size());
    if (table_.empty()) {
      fail("apdu_line.h", __LINE__, "an unexpected command: " + show(command));
      return Error{"SCardTransmit", code::kNotTransacted};
    }
    const Exchanged next = table_.front();
    table_.pop_front();
    CHECK_EQ(Bytes(command.begin(), command.end()), fromHex(next.command));
    if (next.failure != 0) return Error{"SCardTransmit", next.failure};
    const Bytes answer = fromHex(next.answer);
    REQUIRE(answer.size() <= response.size());
    std::copy(answer.begin(), answer.end(), response.begin());
    ++sent;
    return answer.size();
  }
  std::uint32_t protocol() const override { return protocol_; }
  std::optional<ApduCapabilities> capabilities() override {
    ++asked;
    return known;
  }
  bool wanted() const override { return !givenUpAfter.has_value() || sent < *givenUpAfter; }

  std::optional<ApduCapabilities> known;
  std::optional<std::size_t> givenUpAfter;
  std::size_t sent = 0;
  int asked = 0;
  std::size_t smallestRoom = SIZE_MAX;

 private:
  std::uint32_t protocol_;
  std::deque<Exchanged> table_;
};

struct Framed {
  ExchangeResult result;
  Bytes bytes;
  ExchangeEnd end() const { return result.end; }
};

inline Framed frame(ApduLine& line, const Bytes& command, const FramingOptions& options = {}) {
  const auto pool = std::make_shared<BufferPool>();
  ResponseSpace space(pool->take());
  Framed framed{exchangeApdu(line, command, options, space), {}};
  framed.bytes.assign(space.bytes().begin(), space.bytes().end());
  return framed;
}

/// The whole of an exchange that must be answered.
inline Bytes answered(ApduLine& line, std::string_view command,
                      const FramingOptions& options = {}) {
  const Framed framed = frame(line, fromHex(command), options);
  CHECK_EQ(framed.end(), ExchangeEnd::kAnswered);
  return framed.bytes;
}

}  // namespace scard::test
