// Finds attached readers by what outlasts their names: their place, serial number or device.
import type { NativeReaderState, OperationId } from "../../binding.js";
import type { NativeContext } from "../binding.js";
import type { ContextCalls } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import type { DeviceInfo } from "../reader-info/device-info.js";
import { lookUpDevice } from "../reader-info/direct-attributes.js";
import { listUsbDevices } from "../reader-info/usb-devices.js";
import { readerState } from "../reader-state.js";
import type { DeviceSource } from "./known-devices.js";

/**
 * The attached readers that selectors find, by selector: `usb:1-4.2`, `serial:00812`,
 * `instance:USB\\VID_...`, with `#1` behind it for the second slot of such a device.
 */
export async function resolveSelectors(
  calls: ContextCalls,
  selectors: readonly string[],
  virtual: boolean,
): Promise<ReadonlyMap<string, string>> {
  const devices = await calls.listDevices({});
  const infos = await calls.notes.devices.look(sourceOf(calls, virtual), devices);
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

function sourceOf(calls: ContextCalls, virtual: boolean): DeviceSource {
  return {
    state: async (device) => {
      try {
        const begin = (native: NativeContext): OperationId =>
          native.getStatusChange([device], [0], 0);
        const [state] = await calls.run<NativeReaderState[]>("SCardGetStatusChange", begin, {});
        return state === undefined ? undefined : readerState(state);
      } catch (error) {
        if (error instanceof PcscError) {
          return undefined;
        }
        throw error;
      }
    },
    lookUp: async (device) => lookUpDevice(calls, { device, reader: device, virtual }, {}),
    usbDevices: async () => (virtual ? [] : listUsbDevices()),
    now: () => performance.now(),
  };
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
