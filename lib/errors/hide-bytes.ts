/** Gives an error bytes that `console.log` and loggers do not show: they may be a card's secrets. */
export function hideBytes(error: Error, name: string, bytes: Uint8Array): void {
  Object.defineProperty(error, name, { value: bytes, enumerable: false });
}
