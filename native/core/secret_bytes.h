// Bytes that may hold a PIN or a key: overwritten before their memory is given back, also when the
// call they were meant for is cancelled or refused and never runs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace scard {

/// Fills with zeros, and so that the compiler does not drop a write to memory about to be freed.
inline void overwrite(std::span<std::uint8_t> bytes) {
#if defined(__GNUC__)
  std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
  // Claims to read the memory.
  __asm__ __volatile__("" : : "r"(bytes.data()) : "memory");
#else
  volatile std::uint8_t* byte = bytes.data();
  for (std::size_t i = 0; i < bytes.size(); ++i) byte[i] = 0;
#endif
}

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

  void wipe() { overwrite(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace scard
