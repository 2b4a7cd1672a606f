// Finds attached readers by what outlasts their names: their place, serial number or device.
import type { ContextCalls } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import type { DeviceInfo } from "../reader-info/device-info.js";
import { lookUpDevice } from "../reader-info/direct-attributes.js";

/** How long a reader that could not be looked at is left alone while the list stays as it is, ms. */
const believed = 1000;

interface Known {
  readonly devices: readonly string[];
  readonly infos: readonly (DeviceInfo | undefined)[];
  readonly time: number;
}

const known = new WeakMap<ContextCalls, Known>();

/**
 * The attached readers that selectors find, by selector: `usb:1-4.2`, `serial:00812`,
 * `instance:USB\\VID_...`, with `#1` behind it for the second slot of such a device.
 */
export async function resolveSelectors(
  calls: ContextCalls,
  selectors: readonly string[],
  virtual: boolean,
): Promise<ReadonlyMap<string, string>> {
  const { devices, infos } = await lookAtAll(calls, virtual);
  const found = new Map<string, string>();
  for (const selector of selectors) {
    const fits = parseSelector(selector);
    const slots = devices.filter((_, index) => fits.info(infos[index]));
    const device = slots[fits.slot];
    if (device !== undefined) {
      found.set(selector, device);
    }
  }
  return found;
}

async function lookAtAll(calls: ContextCalls, virtual: boolean): Promise<Known> {
  const devices = await calls.listDevices({});
  const before = known.get(calls);
  const now = performance.now();
  if (
    before !== undefined &&
    before.devices.join("\0") === devices.join("\0") &&
    (now - before.time < believed || !before.infos.includes(undefined))
  ) {
    return before;
  }
  // What is known of a reader stays true while it is listed: a look would fail while its card is held
  // exclusively, and would itself keep others from holding it.
  const infos = await Promise.all(
    devices.map(
      async (device) =>
        before?.infos[before.devices.indexOf(device)] ?? (await lookAt(calls, device, virtual)),
    ),
  );
  const fresh = { devices, infos, time: now };
  known.set(calls, fresh);
  return fresh;
}

/** Nothing of a reader that cannot be looked at now, such as one that another program holds. */
async function lookAt(
  calls: ContextCalls,
  device: string,
  virtual: boolean,
): Promise<DeviceInfo | undefined> {
  try {
    return await lookUpDevice(calls, { device, reader: device, virtual }, {});
  } catch (error) {
    if (error instanceof PcscError) {
      return undefined;
    }
    throw error;
  }
}

interface Selector {
  readonly slot: number;
  readonly info: (info: DeviceInfo | undefined) => boolean;
}

function parseSelector(selector: string): Selector {
  const [, text = selector, slot = "0"] = /^(.*?)(?:#(\d+))?$/s.exec(selector) ?? [];
  const colon = text.indexOf(":");
  const kind = text.slice(0, colon).toLowerCase();
  const value = text.slice(colon + 1);
  const same = (other: string | undefined): boolean => other?.toUpperCase() === value.toUpperCase();
  return {
    slot: Number(slot),
    info: (info) => {
      switch (kind) {
        case "usb":
          return info?.usbPath === value;
        case "serial":
          return same(info?.serial);
        default:
          return same(info?.instanceId);
      }
    },
  };
}
