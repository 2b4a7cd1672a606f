import { checkBoolean, checkOptions } from "../arguments.js";
import { type BytesInput, copyBytes, hexByte, toHex } from "../bytes.js";
import { decodeHistoricalBytes, type HistoricalBytes } from "./atr-historical-bytes.js";
import {
  type FindByte,
  type GlobalParameters,
  globalParameters,
  type InterfaceByte,
  interfaceByteMeaning,
  type T0Parameters,
  t0Parameters,
  type T15Parameters,
  t15Parameters,
  type T1Parameters,
  t1Parameters,
} from "./atr-interface-bytes.js";
import { AtrError } from "./format-error.js";

/** A decoded answer-to-reset, ISO/IEC 7816-3 clause 8. Frozen. */
export interface Atr {
  /** A copy of the bytes. */
  readonly bytes: Uint8Array;
  /** The bytes as upper-case hexadecimal text. */
  readonly hex: string;
  /** TS: 3B direct, 3F inverse convention. */
  readonly convention: "direct" | "inverse";
  /** TA1, TB1, ... in the order they stand; none when T0 announces none. */
  readonly interfaceBytes: readonly InterfaceByte[];
  /** Transmission protocols the card offers, in its order; `[0]` when it says nothing. */
  readonly protocols: readonly number[];
  /** The protocol used without PPS: the one of TA2 in specific mode, else the first offered. */
  readonly defaultProtocol: number;
  readonly global: GlobalParameters;
  /** Undefined when T=0 is not offered. */
  readonly t0: T0Parameters | undefined;
  /** Undefined when T=1 is not offered. */
  readonly t1: T1Parameters | undefined;
  /** Undefined when the ATR has no bytes for T=15. */
  readonly t15: T15Parameters | undefined;
  readonly historicalBytes: HistoricalBytes;
  /** The check character; undefined when there is none (only T=0 offered). */
  readonly tck: Tck | undefined;
}

/** TCK. Only with `checkTck: false` can it be wrong. */
export interface Tck {
  readonly value: number;
  /** The exclusive-or of T0 to the last historical byte: what `value` should be. */
  readonly expected: number;
  readonly valid: boolean;
}

/** Options of {@link parseAtr}. */
export interface ParseAtrOptions {
  /**
   * Whether TCK must be there exactly when it is due (any protocol but T=0 is announced) and be
   * right. False takes an ATR with a wrong, missing or superfluous one. Default: true.
   */
  readonly checkTck?: boolean;
}

/** Longest ATR, with TS: ISO/IEC 7816-3, 8.2.1. */
export const longestAtr = 33;

/**
 * Decodes an ATR.
 * @param bytes The ATR as PC/SC gives it (TS 3B or 3F first); bytes or hexadecimal text. Copied.
 * @throws {AtrError} naming the byte and the field, for anything ISO/IEC 7816-3 does not allow in
 * structure. Reserved values and faulty historical bytes are no error: they are shown as such.
 * @throws {ScardArgumentError} for what is no bytes, or a wrong option.
 */
export function parseAtr(bytes: BytesInput, options?: ParseAtrOptions): Atr {
  const given = checkOptions("options", options, ["checkTck"]);
  const checkTck = checkBoolean("checkTck", given.checkTck ?? true);
  const copy = copyBytes("bytes", bytes);
  checkStart(copy);
  const { interfaceBytes, protocols, next } = readInterfaceBytes(copy);
  const historicalEnd = next + ((copy[1] ?? 0) & 0x0f);
  if (historicalEnd > copy.length) {
    const missing = historicalEnd - copy.length;
    const field = `T${String(copy.length - next + 1)}`;
    throw fault(copy.length, field, `${String(missing)} more historical bytes`, "the end");
  }
  const tck = readTck(copy, historicalEnd, tckIsDue(interfaceBytes), checkTck);
  const offered = protocols.length === 0 ? [0] : protocols;
  const named = (name: string): number | undefined =>
    interfaceBytes.find((byte) => byte.name === name)?.value;
  const global = globalParameters(named("TA1"), named("TC1"), named("TA2"));
  const find = findByteIn(interfaceBytes);
  return Object.freeze({
    bytes: copy,
    hex: toHex(copy),
    convention: copy[0] === 0x3b ? "direct" : "inverse",
    interfaceBytes: Object.freeze(interfaceBytes),
    protocols: Object.freeze(offered),
    defaultProtocol: global.specificMode?.protocol ?? offered[0] ?? 0,
    global,
    t0: offered.includes(0) ? t0Parameters(named("TC2")) : undefined,
    t1: offered.includes(1) ? t1Parameters(find) : undefined,
    t15: interfaceBytes.some(({ protocol }) => protocol === 15) ? t15Parameters(find) : undefined,
    historicalBytes: Object.freeze(decodeHistoricalBytes(copy.slice(next, historicalEnd), next)),
    tck,
  });
}

function checkStart(bytes: Uint8Array): void {
  const [ts, t0] = bytes;
  if (ts !== 0x3b && ts !== 0x3f) {
    const found = ts === undefined ? "the end" : hexByte(ts);
    throw fault(0, "TS", "3B (direct convention) or 3F (inverse)", found);
  }
  if (t0 === undefined) {
    throw fault(1, "T0", "the format byte", "the end");
  }
  if (bytes.length > longestAtr) {
    const expected = `at most ${String(longestAtr)} bytes`;
    throw fault(longestAtr, "end", expected, `${String(bytes.length)} bytes`);
  }
}

const letters = ["A", "B", "C", "D"] as const;

/** Reads TA1 to the last TD. `next` is where the historical bytes start. */
function readInterfaceBytes(bytes: Uint8Array): {
  interfaceBytes: InterfaceByte[];
  protocols: number[];
  next: number;
} {
  const interfaceBytes: InterfaceByte[] = [];
  const protocols: number[] = [];
  const seen = new Set<string>();
  let announced = bytes[1] ?? 0;
  let offset = 2;
  for (let index = 1; ; index += 1) {
    const protocol = index === 1 ? undefined : announced & 0x0f;
    let following: number | undefined;
    for (const [bit, letter] of letters.entries()) {
      if ((announced & (0x10 << bit)) === 0) {
        continue;
      }
      const name = `T${letter}${String(index)}`;
      const value = bytes[offset];
      if (value === undefined) {
        const by = index === 1 ? "T0" : `TD${String(index - 1)}`;
        throw fault(offset, name, `the interface byte ${by} announces`, "the end");
      }
      const belongs = belongsTo(letter, index, protocol);
      const first = !seen.has(`${letter}${String(belongs)}`);
      if (belongs !== undefined && index > 2) {
        seen.add(`${letter}${String(belongs)}`);
      }
      const meaning = interfaceByteMeaning(name, value, belongs, first);
      interfaceBytes.push(Object.freeze({ name, value, offset, protocol: belongs, meaning }));
      following = letter === "D" ? value : undefined;
      offset += 1;
    }
    if (following === undefined) {
      return { interfaceBytes, protocols, next: offset };
    }
    announced = following;
    if ((announced & 0x0f) !== 15 && !protocols.includes(announced & 0x0f)) {
      protocols.push(announced & 0x0f);
    }
  }
}

/** TA1 to TC1, TA2 and TB2 are global and TC2 is for T=0, whatever TD1 says; so are all TDs. */
function belongsTo(
  letter: string,
  index: number,
  protocol: number | undefined,
): number | undefined {
  if (letter === "D" || index === 1) {
    return undefined;
  }
  if (index === 2) {
    return letter === "C" ? 0 : undefined;
  }
  return protocol;
}

/** The first TAi, TBi or TCi (i > 2) for a protocol is the one that counts. */
function findByteIn(interfaceBytes: readonly InterfaceByte[]): FindByte {
  return (letter, protocol) =>
    interfaceBytes.find(
      (byte) => byte.protocol === protocol && byte.name[1] === letter && byte.name !== "TC2",
    )?.value;
}

/** TCK is due as soon as any TD names something else than T=0, T=15 included. */
function tckIsDue(interfaceBytes: readonly InterfaceByte[]): boolean {
  return interfaceBytes.some(({ name, value }) => name[1] === "D" && (value & 0x0f) !== 0);
}

function readTck(bytes: Uint8Array, offset: number, due: boolean, check: boolean): Tck | undefined {
  const value = bytes[offset];
  const most = offset + (due || !check ? 1 : 0);
  if (bytes.length > most) {
    const expected = due || !check ? "nothing after TCK" : "nothing after the historical bytes";
    throw fault(most, "end", expected, `${String(bytes.length - most)} more bytes`);
  }
  let expected = 0;
  for (let index = 1; index < offset; index += 1) {
    expected ^= bytes[index] ?? 0;
  }
  const should = `TCK ${hexByte(expected)}`;
  if (value === undefined) {
    if (due && check) {
      throw fault(offset, "TCK", should, "the end");
    }
    return undefined;
  }
  if (check && value !== expected) {
    throw fault(offset, "TCK", should, hexByte(value));
  }
  return Object.freeze({ value, expected, valid: due && value === expected });
}

function fault(offset: number, field: string, expected: string, found: string): AtrError {
  return new AtrError({ offset, field, expected, found });
}
