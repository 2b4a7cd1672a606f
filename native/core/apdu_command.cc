#include "core/apdu_command.h"

namespace scard {

namespace {

constexpr std::size_t kHeader = 4;
constexpr std::uint32_t kMostShort = 256;
constexpr std::uint32_t kMostExtended = 65536;

std::uint32_t orMost(std::uint32_t value, std::uint32_t most) { return value == 0 ? most : value; }

std::uint32_t wordAt(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return static_cast<std::uint32_t>(bytes[offset]) << 8U | bytes[offset + 1];
}

/// `body` begins with the zero byte that marks extended length fields.
bool parseExtendedBody(ApduFields& fields, std::span<const std::uint8_t> body) {
  fields.extended = true;
  if (body.size() < 3) return false;
  const std::uint32_t first = wordAt(body, 1);
  if (body.size() == 3) {
    fields.expected = orMost(first, kMostExtended);
    return true;
  }
  if (first == 0 || body.size() < 3 + first) return false;
  fields.data = body.subspan(3, first);
  const std::size_t rest = body.size() - 3 - first;
  if (rest == 2) fields.expected = orMost(wordAt(body, 3 + first), kMostExtended);
  return rest == 0 || rest == 2;
}

bool parseShortBody(ApduFields& fields, std::span<const std::uint8_t> body) {
  const std::size_t length = body[0];
  if (body.size() < 1 + length) return false;
  fields.data = body.subspan(1, length);
  const std::size_t rest = body.size() - 1 - length;
  if (rest == 1) fields.expected = orMost(body.back(), kMostShort);
  return rest <= 1;
}

void appendWord(std::vector<std::uint8_t>& bytes, std::size_t word) {
  bytes.push_back(static_cast<std::uint8_t>(word >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(word));
}

}  // namespace

std::optional<ApduFields> parseApdu(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kHeader || bytes.size() > kLongestCommand) return std::nullopt;
  ApduFields fields;
  for (std::size_t i = 0; i < kHeader; ++i) fields.header[i] = bytes[i];
  const auto body = bytes.subspan(kHeader);
  if (body.empty()) return fields;
  if (body.size() == 1) {
    fields.expected = orMost(body[0], kMostShort);
    return fields;
  }
  const bool sound = body[0] == 0 ? parseExtendedBody(fields, body) : parseShortBody(fields, body);
  return sound ? std::optional(fields) : std::nullopt;
}

void appendApdu(std::vector<std::uint8_t>& bytes, const ApduFields& fields) {
  const auto& [header, data, expected, extended] = fields;
  bytes.insert(bytes.end(), header.begin(), header.end());
  if (!data.empty()) {
    if (extended) {
      bytes.push_back(0);
      appendWord(bytes, data.size());
    } else {
      bytes.push_back(static_cast<std::uint8_t>(data.size()));
    }
    bytes.insert(bytes.end(), data.begin(), data.end());
  }
  if (expected == 0) return;
  // 256 and 65 536 become the zeros that stand for them.
  if (!extended) {
    bytes.push_back(static_cast<std::uint8_t>(expected));
    return;
  }
  if (data.empty()) bytes.push_back(0);
  appendWord(bytes, expected);
}

void appendTpdu(std::vector<std::uint8_t>& bytes, const ApduFields& fields) {
  ApduFields sent = fields;
  sent.extended = false;
  if (!sent.data.empty()) {
    sent.expected = 0;
  } else if (sent.expected == 0 || sent.expected > kMostShort) {
    sent.expected = kMostShort;
  }
  appendApdu(bytes, sent);
}

std::size_t apduLength(const ApduFields& fields) {
  const bool hasData = !fields.data.empty();
  const bool hasLe = fields.expected != 0;
  if (!fields.extended) return kHeader + (hasData ? 1 : 0) + fields.data.size() + (hasLe ? 1 : 0);
  return kHeader + (hasData || hasLe ? 1 : 0) + (hasData ? 2 : 0) + fields.data.size() +
         (hasLe ? 2 : 0);
}

}  // namespace scard
