/**
 * Length of the ATR that begins `bytes`, as its interface bytes declare it: ISO/IEC 7816-3, 8.2. What
 * bytes are missing count as zero.
 */
export function declaredAtrLength(bytes: Uint8Array): number {
  let position = 1;
  let follow = bytes[position] ?? 0;
  const historical = follow & 0x0f;
  let checked = false;
  for (;;) {
    const present = (follow >> 4) & 0x0f;
    position += bitsOf(present);
    if ((present & 0x8) === 0) {
      return position + 1 + historical + (checked ? 1 : 0);
    }
    follow = bytes[position] ?? 0;
    // TCK is there when a protocol other than T=0 is.
    checked ||= (follow & 0x0f) !== 0;
  }
}

function bitsOf(nibble: number): number {
  return (nibble & 1) + ((nibble >> 1) & 1) + ((nibble >> 2) & 1) + ((nibble >> 3) & 1);
}
