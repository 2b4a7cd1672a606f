import { checkInteger } from "./arguments.js";
import { loadBinding } from "./binding.js";

/**
 * The control code of a driver's function on this platform, for `card.control()`: SCARD_CTL_CODE.
 * pcsclite and macOS add 0x42000000; Windows shifts the number into an I/O control code.
 *
 * @param fn Function number, 0 to 65535, such as 3400 (the feature request of PC/SC part 10) or
 *   3500 (the escape of Microsoft's CCID driver).
 * @throws {ScardArgumentError} for anything else.
 * @throws {ScardError} `ERR_SCARD_ADDON_NOT_FOUND` when the native part of the package is missing.
 */
export function controlCode(fn: number): number {
  const checked = checkInteger("fn", fn, 0, 0xffff);
  return loadBinding().controlCode(checked);
}
