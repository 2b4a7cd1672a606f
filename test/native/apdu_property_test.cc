// Random commands to cards that take and give in random parts: what arrives is what was sent.
#include <algorithm>
#include <random>

#include "apdu_line.h"
#include "core/apdu_command.h"
#include "core/apdu_exchange.h"
#include "test.h"

namespace scard {
namespace {

using test::Bytes;
using test::frame;

using Random = std::mt19937;

std::uint32_t below(Random& random, std::uint32_t limit) {
  return static_cast<std::uint32_t>(random() % limit);
}

Bytes randomBytes(Random& random, std::size_t length) {
  Bytes bytes(length);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

/// A card that puts chains and envelopes together, answers with what it was told to, in rounds of
/// random length, and under T=0 with nothing but TPDUs.
class RoundsCard final : public ApduLine {
 public:
  RoundsCard(Random& random, std::uint32_t protocol, Bytes response)
      : random_(random), protocol_(protocol), left_(std::move(response)) {}

  Result<std::size_t> transmit(std::span<const std::uint8_t> command,
                               std::span<std::uint8_t> response) override {
    const Bytes answer = answerTo(command);
    REQUIRE(answer.size() <= response.size());
    std::copy(answer.begin(), answer.end(), response.begin());
    return answer.size();
  }
  std::uint32_t protocol() const override { return protocol_; }
  std::optional<ApduCapabilities> capabilities() override { return known; }
  bool wanted() const override { return true; }

  std::optional<ApduCapabilities> known;
  /// The data of the command that was put together; for ENVELOPE the whole command.
  Bytes data;
  bool enveloped = false;

 private:
  bool overT0() const { return protocol_ == kT0; }

  Bytes answerTo(std::span<const std::uint8_t> bytes) {
    const auto command = parseApdu(bytes);
    REQUIRE(command.has_value());
    // T=0 carries data one way, at most 255 bytes of it, and always has P3.
    if (overT0()) {
      CHECK(!command->extended && bytes.size() >= 5 &&
            (command->data.empty() || command->expected == 0));
    }
    CHECK(command->cla() == 0x03 || (command->cla() == 0x13 && command->chained()));
    if (command->header[1] == 0xC0) return getResponse(*command);
    data.insert(data.end(), command->data.begin(), command->data.end());
    if (command->chained()) return {0x90, 0x00};
    if (command->header[1] == 0xC2) {
      enveloped = true;
      if (!parseApdu(data).has_value()) return {0x90, 0x00};
    }
    if (left_.empty()) return {0x90, 0x00};
    if (overT0() && command->expected == 0) return announcing({});
    return give(*command);
  }

  Bytes getResponse(const ApduFields& command) {
    REQUIRE(announced_ != 0);
    CHECK_EQ(command.expected, announced_);
    return give(command);
  }

  Bytes give(const ApduFields& command) {
    const std::size_t most = std::max<std::size_t>(command.expected, 1);
    // Now and then the card finds fault with Le first, once.
    corrected_ = !corrected_ && command.expected > 1 && below(random_, 8) == 0;
    if (corrected_) {
      announced_ = std::min<std::uint32_t>(1 + below(random_, command.expected), 255);
      // Nothing of the command counts: all of it comes again.
      if (command.header[1] != 0xC0) data.clear();
      return {0x6C, static_cast<std::uint8_t>(announced_)};
    }
    const std::size_t length = std::min<std::size_t>(
        {left_.size(), most, 1 + below(random_, static_cast<std::uint32_t>(most))});
    Bytes part(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(length));
    left_.erase(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(length));
    if (!left_.empty()) return announcing(std::move(part));
    part.insert(part.end(), {0x90, 0x00});
    return part;
  }

  Bytes announcing(Bytes part) {
    const bool all = below(random_, 2) == 0;
    announced_ = all && left_.size() >= 256
                     ? 256
                     : static_cast<std::uint32_t>(std::min<std::size_t>(left_.size(), 255));
    part.insert(part.end(), {0x61, static_cast<std::uint8_t>(announced_)});
    return part;
  }

  static constexpr std::uint32_t kT0 = protocol::kT0;
  Random& random_;
  std::uint32_t protocol_;
  Bytes left_;
  std::uint32_t announced_ = 0;
  bool corrected_ = false;
};

TEST("random commands reach the card whole and random answers come back whole, 3000 times") {
  Random random(20261125);
  for (int round = 0; round < 3000; ++round) {
    const bool big = below(random, 4) == 0;
    const Bytes sent = randomBytes(random, below(random, big ? 3000 : 300));
    const Bytes wanted = randomBytes(random, below(random, big ? 9000 : 600));
    const std::uint32_t expected = wanted.empty() ? 0 : below(random, 2) == 0 ? 256 : 65536;
    const bool extended = sent.size() > 255 || expected > 256;
    const ApduFields fields{{0x03, 0xDB, 0x12, 0x34}, sent, expected, extended};
    Bytes command;
    appendApdu(command, fields);
    RoundsCard card(random, below(random, 2) == 0 ? protocol::kT0 : protocol::kT1, wanted);
    if (below(random, 3) != 0) card.known = ApduCapabilities{true, below(random, 2) == 0};
    FramingOptions options;
    options.maxCommand = below(random, 3) == 0 ? 60 + below(random, 700) : 0;
    const auto framed = frame(card, command, options);
    Bytes answer = wanted;
    answer.insert(answer.end(), {0x90, 0x00});
    REQUIRE(framed.end() == ExchangeEnd::kAnswered);
    REQUIRE(framed.bytes == answer);
    REQUIRE(card.data == (card.enveloped ? command : sent));
  }
}

}  // namespace
}  // namespace scard
