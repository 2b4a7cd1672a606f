// Bytes that may hold a PIN or a key: overwritten before their memory is given back, also when the
// call they were meant for is cancelled or refused and never runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace scard {

class SecretBytes {
 public:
  explicit SecretBytes(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  // A copy is wiped like the original: std::function asks for it.
  SecretBytes(const SecretBytes&) = default;
  SecretBytes(SecretBytes&&) noexcept = default;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes& operator=(SecretBytes&&) = delete;
  ~SecretBytes() { wipe(); }

  std::span<const std::uint8_t> bytes() const { return bytes_; }

  void wipe() {
    // Through a volatile pointer, so that the compiler does not drop a write to memory about to be
    // freed.
    volatile std::uint8_t* byte = bytes_.data();
    for (std::size_t i = 0; i < bytes_.size(); ++i) byte[i] = 0;
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace scard
