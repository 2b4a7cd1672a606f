// Introduced names of readers and the resource manager's own.
import type { DatabaseImage } from "./image.js";
import { nameKey } from "./names.js";

/** Translates names of readers. */
export interface NameMap {
  /** The resource manager's name of a reader; undefined when no reader has this name now. */
  toDevice(name: string): string | undefined;
  /** Every name by which programs know a reader of the resource manager, its own first. */
  namesOf(device: string): readonly string[];
}

/** Finds attached readers by something that outlasts their names. */
export type ResolveSelectors = (
  selectors: readonly string[],
) => Promise<ReadonlyMap<string, string>>;

const selectorPattern = /^(?:usb|serial|instance):./i;

/**
 * Whether the device of an introduced reader is no name but says where it is plugged in
 * (`"usb:1-4.2"`), its serial number (`"serial:00812"`) or its device instance id
 * (`"instance:USB\VID_..."`). A `#1` behind it is the second slot of such a device.
 */
export function isSelector(device: string): boolean {
  return selectorPattern.test(device);
}

/** The selectors that an image has. */
export function selectorsOf({ aliases, hidden }: DatabaseImage): string[] {
  const devices = [...[...aliases.values()].map(({ device }) => device), ...hidden];
  return [...new Set(devices.filter(isSelector))];
}

/** Whether every name is the resource manager's own. */
export function hasOnlyOwnNames({ aliases }: DatabaseImage): boolean {
  return aliases.size === 0;
}

/** @param selected The attached readers that selectors found, by selector. */
export function nameMap(image: DatabaseImage, selected: ReadonlyMap<string, string>): NameMap {
  const deviceOf = (device: string): string | undefined =>
    isSelector(device) ? selected.get(device) : device;
  const byDevice = new Map<string, string[]>();
  for (const { name, device } of image.aliases.values()) {
    const found = deviceOf(device);
    if (found !== undefined) {
      byDevice.set(found, [...(byDevice.get(found) ?? []), name]);
    }
  }
  const hidden = new Set([...image.hidden].map(deviceOf).filter((name) => name !== undefined));
  const isHidden = (device: string): boolean => hidden.has(device) && byDevice.has(device);
  return {
    toDevice: (name) => {
      const alias = image.aliases.get(nameKey(name));
      if (alias !== undefined) {
        return deviceOf(alias.device);
      }
      return isHidden(name) ? undefined : name;
    },
    namesOf: (device) => {
      const names = [...(isHidden(device) ? [] : [device]), ...(byDevice.get(device) ?? [])];
      return [...new Set(names)];
    },
  };
}
