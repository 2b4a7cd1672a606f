// The icon of readers that have none of their own: a card in the slot of a reader.
import { deflateSync } from "node:zlib";

/** What SCardGetReaderIcon's page asks for: 256 by 256 points, no alpha. */
const side = 256;

const background = 0xf4;
const outline = 0x50;
const card = 0xd0;
const chip = 0x90;
const body = 0x78;

/** Rectangles from the back to the front: left, top, right, bottom (not in it), shade of grey. */
const shapes = [
  [76, 28, 180, 168, outline],
  [80, 32, 176, 168, card],
  [96, 52, 128, 80, chip],
  [32, 152, 224, 228, outline],
  [36, 156, 220, 224, body],
  [64, 164, 192, 172, outline],
  [48, 204, 60, 212, background],
] as const;

let made: Uint8Array | undefined;

/** The bytes of a PNG file, a copy: 256 by 256, 8 bits of grey. */
export function neutralIcon(): Uint8Array {
  made ??= png();
  return made.slice();
}

function png(): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // Bits of a sample; colour type, compression, filter and interlace are 0: grey, usual, none.
  header.writeUInt8(8, 8);
  return new Uint8Array(
    Buffer.concat([
      Buffer.from("89504E470D0A1A0A", "hex"),
      chunk("IHDR", header),
      chunk("IDAT", deflateSync(rows())),
      chunk("IEND", Buffer.alloc(0)),
    ]),
  );
}

/** Each row behind the byte that says how it is filtered: not. */
function rows(): Uint8Array {
  const width = side + 1;
  const points = new Uint8Array(width * side);
  for (let y = 0; y < side; y += 1) {
    const row = points.subarray(y * width + 1, (y + 1) * width).fill(background);
    for (const [left, top, right, bottom, shade] of shapes) {
      if (y >= top && y < bottom) {
        row.fill(shade, left, right);
      }
    }
  }
  return points;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const bytes = Buffer.alloc(typed.length + 8);
  bytes.writeUInt32BE(data.length, 0);
  typed.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(typed), typed.length + 4);
  return bytes;
}

/** CRC-32 of ISO 3309, as PNG has it. `zlib.crc32` is younger than the oldest Node supported. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}
