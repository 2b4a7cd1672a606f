// The database as text: JSON that people can read and edit, one card type on a line.
import { fromHex } from "../bytes.js";
import { checkGuid } from "../guid.js";
import { applyMask, cardTypeLine, readCardTypeLines } from "./card-type-line.js";
import { DatabaseFileError } from "./file-error.js";
import { type CardTypeRecord, type DatabaseImage, type DraftImage, emptyImage } from "./image.js";
import { type JsonPosition, findDoubleKey, locate } from "./json-position.js";
import { isName, isReservedGroup, nameKey } from "./names.js";
import { primaryId, providerIdOf } from "./provider-kind.js";

/** Version that is written, and the newest that is read. */
export const formatVersion = 1;

/** Text of a database. */
export function formatDatabase(image: DatabaseImage): string {
  const json = (items: Iterable<unknown>): string[] =>
    Array.from(items, (item) => JSON.stringify(item));
  const lists: readonly (readonly [key: string, lines: readonly string[]])[] = [
    ["cardTypes", Array.from(image.cardTypes.values(), cardTypeLine)],
    ["readers", json(image.aliases.values())],
    ["hiddenReaders", json(image.hidden)],
    ["reservedReaders", json(image.reserved.values())],
    ["groups", json(image.groups.values())],
  ];
  const parts = lists.map(([key, lines]) => {
    const list = lines.length === 0 ? "" : `\n    ${lines.join(",\n    ")}\n  `;
    return `  "${key}": [${list}]`;
  });
  return `{\n  "version": ${String(formatVersion)},\n${parts.join(",\n")}\n}\n`;
}

/**
 * A database from its text. A byte order mark before it, as some editors write, is passed over.
 *
 * @param path Where the text is from, for errors.
 * @throws {DatabaseFileError} with line, column and what is wrong.
 */
export function parseDatabase(text: string, path: string): DatabaseImage {
  return new Reading(text, path).image();
}

const versionPlace: Path = { parent: undefined, key: "version" };
const rootKeys = [
  "version",
  "cardTypes",
  "readers",
  "hiddenReaders",
  "reservedReaders",
  "groups",
] as const;

/** Keys from the root to a place, the last one first: it is made for every place that is read. */
type Path = { readonly parent: Path; readonly key: string | number } | undefined;
type Plain = Readonly<Record<string, unknown>>;

class Reading {
  readonly #text: string;
  readonly #path: string;

  constructor(text: string, path: string) {
    this.#text = text.startsWith("\uFEFF") ? text.slice(1) : text;
    this.#path = path;
  }

  image(): DatabaseImage {
    const root = this.#object(this.#parse(), undefined);
    const { version } = root;
    if (typeof version === "number" && Number.isInteger(version) && version > formatVersion) {
      const newest = String(formatVersion);
      throw this.#error(versionPlace, `is newer than this program reads (${newest})`, "newer");
    }
    if (version !== formatVersion) {
      throw this.#error(version === undefined ? undefined : versionPlace, "must have version 1");
    }
    // A newer version may have other keys: it was refused as newer.
    this.#object(root, undefined, rootKeys);
    const image = emptyImage();
    const { cardTypes } = root;
    const lines = Array.isArray(cardTypes) ? readCardTypeLines(cardTypes) : [];
    this.#each(root, "cardTypes", (item, at, index) => {
      const line = lines[index];
      const type = line?.[1] ?? this.#cardType(item, at);
      this.#add(image.cardTypes, type, at, line?.[0]);
    });
    this.#each(root, "readers", (item, at) => {
      const { name, device } = this.#object(item, at, ["name", "device"]);
      const alias = {
        name: this.#name(name, { parent: at, key: "name" }),
        device: this.#string(device, { parent: at, key: "device" }),
      };
      this.#add(image.aliases, alias, at);
    });
    this.#readGroups(root, image);
    return image;
  }

  #readGroups(root: Plain, image: DraftImage): void {
    this.#each(root, "hiddenReaders", (item, at) => image.hidden.add(this.#string(item, at)));
    this.#each(root, "reservedReaders", (item, at) => {
      const reader = this.#string(item, at);
      image.reserved.set(nameKey(reader), reader);
    });
    this.#each(root, "groups", (item, at) => {
      const group = this.#object(item, at, ["name", "readers"]);
      const name = this.#name(group["name"], { parent: at, key: "name" });
      if (isReservedGroup(name)) {
        throw this.#error({ parent: at, key: "name" }, "is a group of PC/SC's own");
      }
      const readers: string[] = [];
      this.#each(
        group,
        "readers",
        (reader, place) => readers.push(this.#string(reader, place)),
        at,
      );
      if (readers.length > 0) {
        this.#add(image.groups, { name, readers }, at);
      }
    });
  }

  #cardType(item: unknown, at: Path): CardTypeRecord {
    const keys = ["name", "atr", "mask", "interfaces", "primaryProvider", "providers"];
    const given = this.#object(item, at, keys);
    const name = this.#name(given["name"], { parent: at, key: "name" });
    const atr = this.#bytes(given["atr"], { parent: at, key: "atr" });
    const mask = this.#bytes(given["mask"], { parent: at, key: "mask" });
    if (mask !== undefined && mask.length !== atr?.length) {
      throw this.#error({ parent: at, key: "mask" }, "must be as long as the ATR");
    }
    const interfaces: CardTypeRecord["interfaces"][number][] = [];
    this.#each(given, "interfaces", (guid, place) => interfaces.push(this.#guid(guid, place)), at);
    if (atr !== undefined && mask !== undefined) {
      applyMask(atr, mask);
    }
    return {
      name,
      atr,
      mask,
      interfaces,
      providers: this.#providers(given, at),
    };
  }

  #providers(given: Plain, at: Path): Map<number, string> {
    const providers = new Map<number, string>();
    if (given["primaryProvider"] !== undefined) {
      providers.set(
        primaryId,
        this.#guid(given["primaryProvider"], { parent: at, key: "primaryProvider" }),
      );
    }
    const others = given["providers"];
    if (others === undefined) {
      return providers;
    }
    const place = { parent: at, key: "providers" };
    for (const [key, value] of Object.entries(this.#object(others, place))) {
      const id = providerIdOf(key);
      if (id === undefined || id === primaryId) {
        throw this.#error(
          { parent: place, key: key },
          "is no kind of provider: csp, ksp, card-module, 0x8...",
        );
      }
      providers.set(id, this.#string(value, { parent: place, key: key }));
    }
    return providers;
  }

  #parse(): unknown {
    try {
      const value = JSON.parse(this.#text) as unknown;
      const double = findDoubleKey(this.#text, value);
      if (double === undefined) {
        return value;
      }
      throw this.#errorAt(double);
    } catch (cause) {
      if (cause instanceof DatabaseFileError) {
        throw cause;
      }
      throw this.#errorAt(locate(this.#text, []), { cause });
    }
  }

  #errorAt({ offset, problem }: JsonPosition, options?: ErrorOptions): DatabaseFileError {
    return new DatabaseFileError(this.#path, this.#text, offset, problem, "corrupt", options);
  }

  #add<Item extends { readonly name: string }>(
    items: Map<string, Item>,
    item: Item,
    at: Path,
    key = nameKey(item.name),
  ): void {
    if (items.has(key)) {
      throw this.#error({ parent: at, key: "name" }, "is there twice");
    }
    items.set(key, item);
  }

  #each(
    from: Plain,
    key: string,
    take: (item: unknown, at: Path, index: number) => void,
    parent?: Path,
  ): void {
    const list = from[key];
    if (list === undefined) {
      return;
    }
    const at = { parent, key };
    if (!Array.isArray(list)) {
      throw this.#error(at, "must be a list");
    }
    list.forEach((item: unknown, index) => {
      take(item, { parent: at, key: index }, index);
    });
  }

  #object(value: unknown, at: Path, keys?: readonly string[]): Plain {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#error(at, "must be an object");
    }
    if (keys !== undefined) {
      for (const key of Object.keys(value)) {
        if (!keys.includes(key)) {
          throw this.#error({ parent: at, key: key }, `is not known; known: ${keys.join(", ")}`);
        }
      }
    }
    return value as Plain;
  }

  #string(value: unknown, at: Path): string {
    if (typeof value !== "string" || value === "" || value.includes("\0")) {
      throw this.#error(at, "must be a text that is not empty");
    }
    return value;
  }

  #name(value: unknown, at: Path): string {
    const name = this.#string(value, at).normalize("NFC");
    if (!isName(name)) {
      throw this.#error(at, "must have at most 255 characters, no control character, no backslash");
    }
    return name;
  }

  #bytes(value: unknown, at: Path): Uint8Array | undefined {
    if (value === undefined) {
      return undefined;
    }
    const bytes = this.#checked(at, "must be 1 to 33 bytes in hexadecimal", () =>
      fromHex(this.#string(value, at)),
    );
    if (bytes.length === 0 || bytes.length > 33) {
      throw this.#error(at, "must be 1 to 33 bytes in hexadecimal");
    }
    return bytes;
  }

  #guid(value: unknown, at: Path): CardTypeRecord["interfaces"][number] {
    return this.#checked(at, "must be a GUID", () => checkGuid("guid", value));
  }

  #checked<Value>(at: Path, problem: string, read: () => Value): Value {
    try {
      return read();
    } catch {
      throw this.#error(at, problem);
    }
  }

  #error(at: Path, problem: string, kind: "corrupt" | "newer" = "corrupt"): DatabaseFileError {
    const keys = keysOf(at);
    const { offset } = locate(this.#text, keys);
    const where = keys.map((key) => (typeof key === "number" ? `[${String(key)}]` : `.${key}`));
    const what = where.length === 0 ? "the database" : where.join("").replace(/^\./, "");
    return new DatabaseFileError(this.#path, this.#text, offset, `${what} ${problem}`, kind);
  }
}

function keysOf(path: Path): (string | number)[] {
  return path === undefined ? [] : [...keysOf(path.parent), path.key];
}
