// winscard's calls about readers and groups, on images.
import { PcscError } from "../errors/pcsc-error.js";
import type { DatabaseImage, DraftImage } from "./image.js";
import { defaultReadersKey, isReservedGroup, nameKey } from "./names.js";
import type { NameMap } from "./reader-names.js";
import type { Change } from "./repository.js";

/** The readers that there are while a change is made. */
export interface Present {
  /** The resource manager's names of the attached readers. */
  readonly attached: readonly string[];
  readonly names: NameMap;
}

/** The attached readers by every name that programs know them by. */
export function visibleNames({ attached, names }: Present): string[] {
  return [...new Set(attached.flatMap((device) => names.namesOf(device)))];
}

export function introduceReader(
  { own, merged }: Change,
  present: Present,
  { name, device }: { readonly name: string; readonly device: string },
): void {
  const taken = merged.aliases.has(nameKey(name)) || visibleNames(present).includes(name);
  if (taken) {
    throw PcscError.of("SCARD_E_DUPLICATE_READER", "SCardIntroduceReader", name);
  }
  if (name === device) {
    // Its own name, forgotten before.
    show(own, merged, present, device);
    if (present.attached.includes(device)) {
      return;
    }
  }
  own.aliases.set(nameKey(name), { name, device });
}

export function forgetReader({ own, merged }: Change, present: Present, name: string): void {
  const call = "SCardForgetReader";
  checkReader(merged, present, name, call);
  const key = nameKey(name);
  const alias = merged.aliases.get(key);
  if (alias === undefined) {
    hide(own, merged, present, name);
  } else if (!own.aliases.delete(key)) {
    throw PcscError.of("SCARD_E_NO_ACCESS", call, name);
  }
  for (const group of [...own.groups.keys()]) {
    leaveGroup(own, group, key);
  }
  own.reserved.delete(key);
  const others = [...merged.aliases].filter(([other]) => other !== key);
  if (alias !== undefined && !others.some(([, { device }]) => device === alias.device)) {
    own.hidden.delete(alias.device);
  }
}

/** Hides the own name of a device, by what the other names of it go by. */
function hide(own: DraftImage, merged: DatabaseImage, present: Present, device: string): void {
  for (const other of devicesOf(merged, present, device)) {
    own.hidden.add(other);
  }
}

/** Undoes {@link hide}. */
function show(own: DraftImage, merged: DatabaseImage, present: Present, device: string): void {
  for (const other of [device, ...devicesOf(merged, present, device)]) {
    if (!own.hidden.delete(other) && merged.hidden.has(other)) {
      throw PcscError.of("SCARD_E_NO_ACCESS", "SCardIntroduceReader", device);
    }
  }
}

/** What introduced names of a device go by: its name, selectors. */
function devicesOf(merged: DatabaseImage, { names }: Present, device: string): Set<string> {
  const aliases = [...merged.aliases.values()].filter(
    ({ name }) => names.toDevice(name) === device,
  );
  return new Set(aliases.map((alias) => alias.device));
}

export function forgetReaderGroup({ own, merged }: Change, group: string): void {
  const call = "SCardForgetReaderGroup";
  if (isReservedGroup(group)) {
    throw reservedGroup(group, call);
  }
  const key = nameKey(group);
  if (!own.groups.delete(key) && merged.groups.has(key)) {
    throw PcscError.of("SCARD_E_NO_ACCESS", call);
  }
}

export function addReaderToGroup(
  { own, merged }: Change,
  present: Present,
  { reader, group }: { readonly reader: string; readonly group: string },
): void {
  const call = "SCardAddReaderToGroup";
  const key = checkEditable(group, call);
  checkReader(merged, present, reader, call);
  const readerKey = nameKey(reader);
  if (key === defaultReadersKey) {
    if (!own.reserved.delete(readerKey) && merged.reserved.has(readerKey)) {
      throw PcscError.of("SCARD_E_NO_ACCESS", call, reader);
    }
    return;
  }
  if (!hasMember(merged, key, readerKey)) {
    // The members of the machine's group stay the machine's.
    const name = merged.groups.get(key)?.name ?? group;
    const readers = own.groups.get(key)?.readers ?? [];
    own.groups.set(key, { name, readers: [...readers, reader] });
  }
}

export function removeReaderFromGroup(
  { own, merged }: Change,
  present: Present,
  { reader, group }: { readonly reader: string; readonly group: string },
): void {
  const call = "SCardRemoveReaderFromGroup";
  const key = checkEditable(group, call);
  checkReader(merged, present, reader, call);
  const readerKey = nameKey(reader);
  if (key === defaultReadersKey) {
    own.reserved.set(readerKey, reader);
    return;
  }
  if (hasMember(merged, key, readerKey) && !hasMember(own, key, readerKey)) {
    throw PcscError.of("SCARD_E_NO_ACCESS", call, reader);
  }
  leaveGroup(own, key, readerKey);
}

function hasMember(image: DatabaseImage, group: string, reader: string): boolean {
  return image.groups.get(group)?.readers.some((member) => nameKey(member) === reader) === true;
}

/** A group that loses its last member goes with it. */
function leaveGroup(own: DraftImage, group: string, reader: string): void {
  const found = own.groups.get(group);
  if (found === undefined) {
    return;
  }
  const readers = found.readers.filter((member) => nameKey(member) !== reader);
  if (readers.length === 0) {
    own.groups.delete(group);
  } else {
    own.groups.set(group, { ...found, readers });
  }
}

function reservedGroup(group: string, call: string): PcscError {
  const found = `The group ${JSON.stringify(group)} is PC/SC's own, which nobody edits.`;
  return PcscError.found("SCARD_E_INVALID_VALUE", call, found);
}

function checkEditable(group: string, call: string): string {
  const key = nameKey(group);
  if (isReservedGroup(group) && key !== defaultReadersKey) {
    throw reservedGroup(group, call);
  }
  return key;
}

/** A reader is known that is attached, introduced, or in a group. */
function checkReader(image: DatabaseImage, present: Present, name: string, call: string): void {
  const key = nameKey(name);
  const known =
    image.aliases.has(key) ||
    visibleNames(present).includes(name) ||
    [...image.groups.keys()].some((group) => hasMember(image, group, key));
  if (!known) {
    throw PcscError.of("SCARD_E_UNKNOWN_READER", call, name);
  }
}
