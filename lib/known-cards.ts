// Names of cards by ATR from the list of pcsc-tools (smartcard_list.txt), where one is installed.
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { checkOptions, checkString } from "./arguments.js";
import { type BytesInput, copyBytes, toHex } from "./bytes.js";
import { ScardArgumentError } from "./errors/argument-error.js";

/** Options of {@link knownCardNames}. */
export interface KnownCardsOptions {
  /**
   * Files to look in, in this order. Default: `smartcard_list.txt` in the user's cache and home
   * folder and where pcsc-tools installs it.
   */
  readonly paths?: readonly string[] | undefined;
}

/** What a list says about an ATR. */
export interface KnownCard {
  /** The descriptions of every pattern that fits, exact ones first; empty for none. */
  readonly names: readonly string[];
  /** The file they are from, or `"database"` for names of card types; undefined for none. */
  readonly source: string | undefined;
}

/** Where in the text descriptions begin. */
interface Entry {
  readonly pattern: string;
  readonly offset: number;
}

/** A list, read once. Patterns are compiled when an ATR has their beginning. */
interface CardList {
  readonly text: string;
  /** Offsets of descriptions, by an ATR without wildcards. */
  readonly exact: ReadonlyMap<string, readonly number[]>;
  readonly wild: readonly Entry[];
}

const nothing: KnownCard = Object.freeze({ names: Object.freeze([]), source: undefined });

/** Lists that were read, by path; null for a file that there is not. */
const lists = new Map<string, Promise<CardList | null>>();

/**
 * Names of the cards that have an ATR, from the first installed list that knows it. A list is read at
 * the first call and then kept.
 *
 * @param atr Bytes or hexadecimal text.
 * @throws {ScardArgumentError} (rejects) for what is no bytes.
 */
export async function knownCardNames(
  atr: BytesInput,
  options?: KnownCardsOptions,
): Promise<KnownCard> {
  const bytes = copyBytes("atr", atr, 1, 64);
  for (const path of checkKnownCardsOptions(options) ?? usualPaths()) {
    const pending = lists.get(path) ?? readList(path);
    lists.set(path, pending);
    const list = await pending;
    const names = list === null ? [] : namesIn(list, toHex(bytes, " "));
    if (names.length > 0) {
      return Object.freeze({ names: Object.freeze(names), source: path });
    }
  }
  return nothing;
}

/** The paths of options, checked. */
export function checkKnownCardsOptions(
  options: KnownCardsOptions | undefined,
): readonly string[] | undefined {
  const { paths } = checkOptions("options", options, ["paths"]);
  if (paths === undefined) {
    return undefined;
  }
  if (!Array.isArray(paths)) {
    throw new ScardArgumentError("paths", paths, "an array of paths");
  }
  return paths.map((path: unknown) => checkString("paths", path));
}

function usualPaths(): readonly string[] {
  const name = "smartcard_list.txt";
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return [
    join(cache, name),
    join(homedir(), `.${name}`),
    ...["/usr/local/share/pcsc", "/opt/homebrew/share/pcsc", "/usr/share/pcsc"].map((folder) =>
      join(folder, name),
    ),
  ];
}

/** A list that cannot be read is none: a name is a help, not worth a failure. */
async function readList(path: string): Promise<CardList | null> {
  try {
    return parseList(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}

/**
 * A pattern at the start of a line, then its descriptions on lines that begin with a tab. One pass;
 * descriptions are cut out when they are asked for.
 */
function parseList(text: string): CardList {
  const exact = new Map<string, number[]>();
  const wild: Entry[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (isHexDigit(text.charCodeAt(start))) {
      const pattern = text.slice(start, end).trimEnd().toUpperCase();
      if (/^[0-9A-F ]+$/.test(pattern)) {
        exact.set(pattern, [...(exact.get(pattern) ?? []), end + 1]);
      } else {
        wild.push({ pattern, offset: end + 1 });
      }
    }
    start = end + 1;
  }
  return { text, exact, wild };
}

function isHexDigit(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x46) ||
    (code >= 0x61 && code <= 0x66)
  );
}

function namesIn({ text, exact, wild }: CardList, atr: string): string[] {
  const fitting = wild.filter(({ pattern }) => fits(pattern, atr));
  const offsets = [...(exact.get(atr) ?? []), ...fitting.map(({ offset }) => offset)];
  return [...new Set(offsets.flatMap((offset) => descriptionsAt(text, offset)))];
}

/** Wildcards, classes of digits, few repetitions: what the list uses. Others never fit. */
const allowed = /^[0-9A-F .[\],-]*(\*[0-9A-F .[\],-]*){0,2}$/;

function fits(pattern: string, atr: string): boolean {
  const plain = pattern.search(/[^0-9A-F ]/);
  // What a repetition may drop is no beginning.
  const beginning = pattern.charAt(plain) === "*" ? plain - 1 : plain;
  if (!atr.startsWith(pattern.slice(0, beginning)) || !allowed.test(pattern)) {
    return false;
  }
  try {
    return new RegExp(`^${pattern}$`).test(atr);
  } catch {
    return false;
  }
}

function descriptionsAt(text: string, offset: number): string[] {
  const names: string[] = [];
  for (let start = offset; text.charAt(start) === "\t";) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const name = text.slice(start, end).trim();
    if (name !== "") {
      names.push(name);
    }
    start = end + 1;
  }
  return names;
}
