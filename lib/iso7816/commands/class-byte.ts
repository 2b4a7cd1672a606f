// The class byte: class id and logical channel, ISO/IEC 7816-4:2005, 5.1.1.
import { checkInteger } from "../../arguments.js";
import { ScardArgumentError } from "../../errors/argument-error.js";

/** The most logical channels a class byte can name. */
export const mostChannels = 20;

/**
 * The class byte for a class id on a logical channel. Chaining and secure messaging bits stay what
 * they are.
 *
 * @param classId An interindustry class (00 to 7F), a class of GlobalPlatform (80 to 8F, C0 to FE),
 *   whose channels are coded alike, or any other one, which has channel 0 only.
 * @param channel 0 to 19; undefined leaves the class id as it is.
 * @throws {ScardArgumentError} for a class id that has no such channel.
 */
export function classByte(classId: number, channel: number | undefined): number {
  if (channel === undefined) {
    return classId;
  }
  const family = familyOf(classId);
  if (family === undefined) {
    if (channel !== 0) {
      throw new ScardArgumentError("channel", channel, "0 with this proprietary class id");
    }
    return classId;
  }
  const further = (classId & 0x40) !== 0;
  const chaining = classId & 0x10;
  if (channel < 4) {
    // Secure messaging without authentication of the header: 10 in bits 4-3, or bit 6 alone.
    const secure = further ? ((classId & 0x20) === 0 ? 0 : 0x08) : classId & 0x0c;
    return family | chaining | secure | channel;
  }
  const secure = (further ? classId & 0x20 : classId & 0x0c) === 0 ? 0 : 0x20;
  return family | 0x40 | secure | chaining | (channel - 4);
}

/** The logical channel that a class byte names; 0 for a class without channels. */
export function channelOf(classId: number): number {
  if (familyOf(classId) === undefined) {
    return 0;
  }
  return (classId & 0x40) === 0 ? classId & 0x03 : 4 + (classId & 0x0f);
}

/** The fixed bits of a family whose channels are coded as in the standard. */
function familyOf(classId: number): number | undefined {
  const high = classId & 0xf0;
  if (high === 0x00 || high === 0x10 || (classId & 0xc0) === 0x40) {
    return 0x00;
  }
  return high === 0x80 || high === 0x90 || (classId & 0xc0) === 0xc0 ? 0x80 : undefined;
}

/** A class id; FF is no class of a card. */
export function checkClassId(value: unknown): number {
  return checkInteger("classId", value, 0, 0xfe);
}

/** A logical channel. */
export function checkChannel(name: string, value: unknown, min = 0): number {
  return checkInteger(name, value, min, mostChannels - 1);
}
