// What a database holds, as data.
import type { Guid } from "../guid.js";

/** One card type as it is stored. */
export interface CardTypeRecord {
  readonly name: string;
  /** ATR, already without the bits that the mask leaves out; undefined for a type without one. */
  readonly atr: Uint8Array | undefined;
  /** As long as the ATR; undefined: every bit counts. */
  readonly mask: Uint8Array | undefined;
  /** In the order introduced. */
  readonly interfaces: readonly Guid[];
  /** Provider names by their id; the primary provider's GUID is 1. */
  readonly providers: ReadonlyMap<number, string>;
}

/** A name that was introduced for a reader. */
export interface ReaderAlias {
  readonly name: string;
  /** Name of the resource manager, or a selector; see {@link "reader-names".isSelector}. */
  readonly device: string;
}

/** A group and its members. */
export interface GroupRecord {
  readonly name: string;
  readonly readers: readonly string[];
}

/** Content of one database. Maps are keyed by {@link "names".nameKey} and keep their order. */
export interface DatabaseImage {
  readonly cardTypes: ReadonlyMap<string, CardTypeRecord>;
  readonly aliases: ReadonlyMap<string, ReaderAlias>;
  readonly groups: ReadonlyMap<string, GroupRecord>;
  /** Devices whose own name was forgotten. It stays so while another name for the device is there. */
  readonly hidden: ReadonlySet<string>;
  /** Keys of readers that were taken out of SCard$DefaultReaders. */
  readonly reserved: ReadonlyMap<string, string>;
}

/** As {@link DatabaseImage}, for a change. */
export interface DraftImage {
  cardTypes: Map<string, CardTypeRecord>;
  aliases: Map<string, ReaderAlias>;
  groups: Map<string, GroupRecord>;
  hidden: Set<string>;
  reserved: Map<string, string>;
}

export function emptyImage(): DraftImage {
  return {
    cardTypes: new Map(),
    aliases: new Map(),
    groups: new Map(),
    hidden: new Set(),
    reserved: new Map(),
  };
}

export function draftOf(image: DatabaseImage): DraftImage {
  return {
    cardTypes: new Map(image.cardTypes),
    aliases: new Map(image.aliases),
    groups: new Map(image.groups),
    hidden: new Set(image.hidden),
    reserved: new Map(image.reserved),
  };
}

/** The user's database over the system's: the same name is the user's; members are both's. */
export function mergeImages(user: DatabaseImage, system: DatabaseImage): DatabaseImage {
  if (isEmpty(system)) {
    return user;
  }
  if (isEmpty(user)) {
    return system;
  }
  const groups = new Map(system.groups);
  for (const [key, { name, readers }] of user.groups) {
    const members = new Map([...(groups.get(key)?.readers ?? []), ...readers].map((r) => [r, r]));
    groups.set(key, { name: groups.get(key)?.name ?? name, readers: [...members.keys()] });
  }
  return {
    cardTypes: new Map([...system.cardTypes, ...user.cardTypes]),
    aliases: new Map([...system.aliases, ...user.aliases]),
    groups,
    hidden: new Set([...system.hidden, ...user.hidden]),
    reserved: new Map([...system.reserved, ...user.reserved]),
  };
}

function isEmpty({ cardTypes, aliases, groups, hidden, reserved }: DatabaseImage): boolean {
  return [cardTypes, aliases, groups, hidden, reserved].every(({ size }) => size === 0);
}
