// A card type as a line of the database's text: written, and read back where it has the form that is
// written. Thousands of them are read at once, so this looks at each character once.
import { Buffer } from "node:buffer";

import { type Guid, checkGuid } from "../guid.js";
import { longestAtr } from "../iso7816/atr.js";
import type { CardTypeRecord } from "./image.js";
import { primaryId, providerKey } from "./provider-kind.js";

/** A card type as JSON, on one line. */
export function cardTypeLine({ name, atr, mask, interfaces, providers }: CardTypeRecord): string {
  let line = `{"name":${JSON.stringify(name)}`;
  line += atr === undefined ? "" : `,"atr":"${hexOf(atr)}"`;
  line += mask === undefined ? "" : `,"mask":"${hexOf(mask)}"`;
  line += interfaces.length === 0 ? "" : `,"interfaces":${JSON.stringify(interfaces)}`;
  let others = "";
  for (const [id, value] of providers) {
    if (id === primaryId) {
      line += `,"primaryProvider":${JSON.stringify(value)}`;
    } else {
      others += `${others === "" ? "" : ","}"${providerKey(id)}":${JSON.stringify(value)}`;
    }
  }
  return `${line}${others === "" ? "" : `,"providers":{${others}}`}}`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex").toUpperCase();
}

const usualKeys = new Set(["name", "atr", "mask", "interfaces", "primaryProvider"]);
/** Printable ASCII without a backslash: composed, and as long in every unit. */
const plainName = /^[\x20-\x5b\x5d-\x7e]{1,255}$/;
const none: readonly Guid[] = [];
const noProviders: ReadonlyMap<number, string> = new Map();

/** A card type under its key; undefined for one in another form than is written, right or wrong. */
export type ReadLine = readonly [key: string, type: CardTypeRecord] | undefined;

type Usual = Readonly<Record<"name" | "atr", string>> &
  Readonly<Record<"mask" | "interfaces" | "primaryProvider", unknown>>;

/** Reads a list of card types as far as they have the form that is written. */
export function readCardTypeLines(items: readonly unknown[]): ReadLine[] {
  const usual = items.map((item) => (isUsual(item) ? item : undefined));
  // One text for all ATRs, so that they are decoded at once. It ends where something is not hexadecimal.
  const text = usual.map((item) => item?.atr ?? "").join("");
  const bytes = plainHex(text);
  if (bytes === undefined) {
    return items.map(() => undefined);
  }
  const lines = new Lines(bytes);
  return usual.map((item) => (item === undefined ? undefined : lines.read(item)));
}

function isUsual(item: unknown): item is Usual {
  if (typeof item !== "object" || item === null) {
    return false;
  }
  for (const key in item) {
    if (!usualKeys.has(key)) {
      return false;
    }
  }
  const { name, atr } = item as Readonly<Record<string, unknown>>;
  return (
    typeof name === "string" &&
    plainName.test(name) &&
    typeof atr === "string" &&
    atr.length % 2 === 0 &&
    atr.length >= 2 &&
    atr.length <= 2 * longestAtr
  );
}

/** Takes the ATRs from one array in turn; what several types have in common is kept once. */
class Lines {
  readonly #bytes: Uint8Array;
  #at = 0;
  readonly #masks = new Map<unknown, Uint8Array | undefined>([[undefined, undefined]]);
  readonly #guids = new Map<unknown, Guid | undefined>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read({ name, atr: text, mask: maskText, interfaces, primaryProvider }: Usual): ReadLine {
    const atr = this.#bytes.subarray(this.#at, (this.#at += text.length >> 1));
    const mask = this.#mask(maskText);
    const ids = interfaces === undefined ? none : this.#interfaces(interfaces);
    const provider = primaryProvider === undefined ? undefined : this.#guid(primaryProvider);
    if (
      (maskText !== undefined && mask?.length !== atr.length) ||
      ids === undefined ||
      (primaryProvider !== undefined && provider === undefined)
    ) {
      return undefined;
    }
    if (mask !== undefined) {
      applyMask(atr, mask);
    }
    const providers = provider === undefined ? noProviders : new Map([[primaryId, provider]]);
    return [name.toLowerCase(), { name, atr, mask, interfaces: ids, providers }];
  }

  #mask(text: unknown): Uint8Array | undefined {
    if (!this.#masks.has(text)) {
      this.#masks.set(text, typeof text === "string" ? plainHex(text) : undefined);
    }
    return this.#masks.get(text);
  }

  #interfaces(list: unknown): readonly Guid[] | undefined {
    const guids = Array.isArray(list) ? list.map((guid: unknown) => this.#guid(guid)) : [undefined];
    return guids.includes(undefined) ? undefined : (guids as Guid[]);
  }

  #guid(text: unknown): Guid | undefined {
    if (!this.#guids.has(text)) {
      this.#guids.set(text, guidOrNone(text));
    }
    return this.#guids.get(text);
  }
}

/** Bytes in pairs of digits with nothing between; undefined for other text. */
function plainHex(text: string): Uint8Array | undefined {
  // It stops at what is no digit.
  const bytes = new Uint8Array(Buffer.from(text, "hex"));
  return bytes.length * 2 === text.length ? bytes : undefined;
}

function guidOrNone(text: unknown): Guid | undefined {
  try {
    return checkGuid("guid", text);
  } catch {
    return undefined;
  }
}

/** Clears the bits that the mask leaves out: `(atr & mask) == pattern` could never hold with them. */
export function applyMask(atr: Uint8Array, mask: Uint8Array): void {
  for (let index = 0; index < atr.length; index += 1) {
    atr[index] = (atr[index] ?? 0) & (mask[index] ?? 0);
  }
}
