import { checkInteger } from "../arguments.js";
import { hexWord } from "../bytes.js";
import {
  generalClause,
  laterClause,
  laterStatusWords,
  proprietaryUnlessZero,
  specificClause,
  statusWordClasses,
  statusWords,
  type StatusCategory,
} from "./status-word-table.js";

export type { StatusCategory } from "./status-word-table.js";

/** What a status word says, per ISO/IEC 7816-4. */
export interface StatusWord {
  /** SW1-SW2 as one number, 0x0000 to 0xFFFF. */
  readonly value: number;
  /** The same as four upper-case hexadecimal digits. */
  readonly hex: string;
  /**
   * Normal processing, warning, execution error or checking error; `"proprietary"` for 9XXX but
   * 9000, `"invalid"` for what ISO/IEC 7816-3 rules out (60XX and anything but 6XXX and 9XXX).
   */
  readonly category: StatusCategory;
  /** One English phrase. */
  readonly meaning: string;
  /** 63CX: what is left of the counter, 0 to 15. After VERIFY: further tries allowed. */
  readonly retries?: number;
  /** 61XX: response bytes GET RESPONSE can fetch, 1 to 256; 256 also means "or more". */
  readonly availableBytes?: number;
  /** 6CXX: the Le to repeat the command with, 1 to 256. */
  readonly exactLe?: number;
  /** 6202 to 6280 and 6402 to 6480: length in bytes of the query the card wants to be asked for. */
  readonly queryBytes?: number;
  /** The standard's clause; absent for proprietary and invalid values. */
  readonly clause?: string;
}

/**
 * Describes a status word.
 * @param sw SW1-SW2 as one number, such as `0x6A82`.
 * @throws {ScardArgumentError} when `sw` is no integer from 0 to 65535.
 */
export function describeStatusWord(sw: number): StatusWord {
  checkInteger("sw", sw, 0, 0xffff);
  const base = { value: sw, hex: hexWord(sw) };
  return Object.freeze({ ...base, ...(describeVariable(sw) ?? describeFixed(sw)) });
}

type Description = Omit<StatusWord, "value" | "hex">;

/** The values that carry a number in SW2. */
function describeVariable(sw: number): Description | undefined {
  const sw1 = sw >> 8;
  const sw2 = sw & 0xff;
  const bytes = sw2 === 0 ? 256 : sw2;
  if (sw1 === 0x61) {
    const meaning = `Normal processing; ${countBytes(bytes)} still available`;
    return { category: "success", meaning, availableBytes: bytes, clause: generalClause };
  }
  if (sw1 === 0x6c) {
    const meaning = `Wrong Le field; exactly ${countBytes(bytes)} available`;
    return { category: "checking-error", meaning, exactLe: bytes, clause: generalClause };
  }
  if (sw1 === 0x63 && sw2 >= 0xc0 && sw2 <= 0xcf) {
    const retries = sw2 & 0x0f;
    const meaning = `Counter is ${String(retries)}: further tries after a failed verification`;
    return { category: "warning", meaning, retries, clause: specificClause };
  }
  if ((sw1 === 0x62 || sw1 === 0x64) && sw2 >= 0x02 && sw2 <= 0x80) {
    const aborted = sw1 === 0x64 ? "; the command was aborted" : "";
    const meaning = `Triggering by the card: a query of ${countBytes(sw2)} awaits${aborted}`;
    const category = sw1 === 0x62 ? "warning" : "execution-error";
    return { category, meaning, queryBytes: sw2, clause: specificClause };
  }
  return undefined;
}

function describeFixed(sw: number): Description {
  const sw1 = sw >> 8;
  const known = statusWords.get(sw);
  const later = laterStatusWords.get(sw);
  if (sw === 0x9000) {
    return { category: "success", meaning: known ?? "", clause: generalClause };
  }
  if (sw1 >= 0x90 && sw1 <= 0x9f) {
    return { category: "proprietary", meaning: "Proprietary; the application defines it" };
  }
  const group = statusWordClasses.get(sw1);
  if (group === undefined) {
    return { category: "invalid", meaning: "Invalid: ISO/IEC 7816-3 does not allow this value" };
  }
  const [category, general] = group;
  if (later !== undefined) {
    return { category, meaning: later, clause: laterClause };
  }
  if (known !== undefined) {
    const clause = (sw & 0xff) === 0 ? generalClause : specificClause;
    return { category, meaning: known, clause };
  }
  if (proprietaryUnlessZero.has(sw1)) {
    return { category, meaning: `${general}; proprietary qualification ${hexWord(sw).slice(2)}` };
  }
  return { category, meaning: `${general}; reserved qualification`, clause: generalClause };
}

function countBytes(count: number): string {
  return count === 1 ? "1 byte" : `${String(count)} bytes`;
}
