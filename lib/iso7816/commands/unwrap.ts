/**
 * The value of the data object around the answer, as far as it came: cards cut it at Le. The answer
 * itself when it is in no such object.
 */
export function unwrap(data: Uint8Array, tags: readonly number[] = [0x53, 0x73]): Uint8Array {
  const [tag, length] = data;
  if (tag === undefined || length === undefined || !tags.includes(tag)) {
    return data;
  }
  const start = length > 0x80 ? 2 + (length & 0x7f) : 2;
  const bytes = length > 0x80 ? data.subarray(2, start) : data.subarray(1, 2);
  return data.slice(start, start + bytes.reduce((total, byte) => total * 256 + byte, 0));
}
