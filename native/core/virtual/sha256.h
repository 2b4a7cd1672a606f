// SHA-256 (FIPS 180-4) and HMAC (RFC 2104), for the authentication commands of the virtual card.
// Not meant to protect anything: the cards here keep their keys in plain memory.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace scard::virtualrm {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::span<const std::uint8_t> message);
Digest hmacSha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> message);

}  // namespace scard::virtualrm
