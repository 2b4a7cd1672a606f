// The text of a file that has to be UTF-8: what is not would be lost with the next writing.
import { Buffer, isUtf8 } from "node:buffer";

import { DatabaseFileError } from "./file-error.js";

/** @throws {DatabaseFileError} at the first byte that is no UTF-8. */
export function textOf(bytes: Buffer, path: string): string {
  const text = bytes.toString("utf8");
  if (isUtf8(bytes)) {
    return text;
  }
  // Where the text, as bytes again, is no longer what was read, a replacement character begins.
  const again = Buffer.from(text, "utf8");
  let at = again.findIndex((byte, index) => byte !== bytes[index]);
  while (((again[at] ?? 0) & 0xc0) === 0x80) {
    at -= 1;
  }
  const offset = again.toString("utf8", 0, at).length;
  throw new DatabaseFileError(path, text, offset, "it is no UTF-8 there", "corrupt");
}
