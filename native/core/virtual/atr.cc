#include "core/virtual/atr.h"

#include <bit>

namespace scard::virtualrm {

namespace {

Dword protocolBit(unsigned type) {
  switch (type) {
    case 0:
      return protocol::kT0;
    case 1:
      return protocol::kT1;
    case 15:
      return protocol::kT15;
    default:
      return 0;
  }
}

struct InterfaceBytes {
  AtrProtocols protocols;
  bool complete = false;
  std::size_t end = 0;
  bool needsCheckByte = false;
};

InterfaceBytes readInterfaceBytes(std::span<const std::uint8_t> atr) {
  InterfaceBytes found;
  std::size_t position = 1;
  unsigned group = 1;
  Dword specific = 0;
  for (unsigned follows = atr[position++] >> 4U;;) {
    const auto before = static_cast<std::size_t>(std::popcount(follows & 0x7U));
    if (group == 2 && (follows & 1U) != 0 && position < atr.size()) {
      specific = protocolBit(atr[position] & 0x0FU);
    }
    position += before;
    if ((follows & 0x8U) == 0) break;
    if (position >= atr.size()) return found;
    const unsigned td = atr[position++];
    const Dword offered = protocolBit(td & 0x0FU);
    // T=15 only qualifies global interface bytes when something else came first.
    found.needsCheckByte = found.needsCheckByte || (td & 0x0FU) != 0;
    if (found.protocols.preferred == 0) found.protocols.preferred = offered;
    found.protocols.offered |= offered;
    follows = td >> 4U;
    ++group;
  }
  if (specific != 0) found.protocols = {.offered = specific, .preferred = specific};
  found.complete = position <= atr.size();
  found.end = position;
  return found;
}

}  // namespace

AtrProtocols protocolsOf(std::span<const std::uint8_t> atr) {
  if (atr.size() < 2) return {.offered = protocol::kT0, .preferred = protocol::kT0};
  AtrProtocols protocols = readInterfaceBytes(atr).protocols;
  if (protocols.offered == 0) protocols = {.offered = protocol::kT0, .preferred = protocol::kT0};
  return protocols;
}

std::size_t declaredAtrLength(std::span<const std::uint8_t> atr) {
  if (atr.size() < 2) return 0;
  const InterfaceBytes found = readInterfaceBytes(atr);
  if (!found.complete) return 0;
  const std::size_t length = found.end + (atr[1] & 0x0FU) + (found.needsCheckByte ? 1 : 0);
  return length <= atr.size() ? length : 0;
}

}  // namespace scard::virtualrm
