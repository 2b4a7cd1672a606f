// What attached readers are as devices, looked at no more often than it takes.
import { PcscError } from "../errors/pcsc-error.js";
import type { DeviceInfo } from "../reader-info/device-info.js";
import { type UsbDevice, usbDeviceNamed, usbInstanceId } from "../reader-info/usb-devices.js";

/** For how long nobody looks whether the readers are still the same while their list is, ms. */
const believed = 1000;

/** Of a reader's state what shows that another one has its name. */
export interface DeviceState {
  /** Insertions and removals since it was attached. */
  readonly eventCount: number;
  /** Whether a card is in. */
  readonly present: boolean;
}

/** Where readers are looked at. */
export interface DeviceSource {
  /** A reader's state, without touching its card; undefined for one that has just gone. */
  state(device: string): Promise<DeviceState | undefined>;
  /** Asks a reader over a connection of its own; a card that is held exclusively is in the way. */
  lookUp(device: string): Promise<DeviceInfo>;
  /** The machine's USB devices; none where it does not list them, or the readers are virtual. */
  usbDevices(): Promise<readonly UsbDevice[]>;
  now(): number;
}

interface Known {
  readonly info: DeviceInfo | undefined;
  readonly state: DeviceState | undefined;
  /** Place and address on the bus, which another device in the same socket does not get. */
  readonly seat: string | undefined;
  /** Whether the reader itself was asked. */
  readonly asked: boolean;
}

/**
 * Remembers readers for as long as they stay in the list. A look connects to the reader: it fails
 * while the card is held exclusively, and meanwhile keeps others from holding it.
 */
export class KnownDevices {
  readonly #known = new Map<string, Known>();
  #checked = -Infinity;

  /** Only these readers are attached: what comes again under another's name is another. */
  attached(devices: readonly string[]): void {
    for (const device of this.#known.keys()) {
      if (!devices.includes(device)) {
        this.#known.delete(device);
      }
    }
  }

  /** What is known of each reader; undefined for one that cannot be looked at now. */
  async look(
    source: DeviceSource,
    devices: readonly string[],
  ): Promise<readonly (DeviceInfo | undefined)[]> {
    this.attached(devices);
    const now = source.now();
    if (now - this.#checked >= believed || devices.some((device) => !this.#known.has(device))) {
      const usb = await source.usbDevices();
      await Promise.all(devices.map(async (device) => this.#lookAt(source, usb, device)));
      this.#checked = now;
    }
    return devices.map((device) => this.#known.get(device)?.info);
  }

  async #lookAt(source: DeviceSource, usb: readonly UsbDevice[], device: string): Promise<void> {
    const state = await source.state(device);
    this.#known.set(device, await this.#found(source, { device, usb, state }));
  }

  async #found(source: DeviceSource, { device, usb, state }: Look): Promise<Known> {
    const known = this.#known.get(device);
    if (known !== undefined && isSame(known, usb, state)) {
      return { ...known, state: state ?? known.state };
    }
    try {
      const info = await source.lookUp(device);
      return { info, state, seat: seatOf(usb, info.usbPath), asked: true };
    } catch (error) {
      if (!(error instanceof PcscError)) {
        throw error;
      }
    }
    if (known?.info !== undefined && !isAnother(known, usb, state)) {
      return { ...known, state: state ?? known.state };
    }
    const info = namedOnly(usb, device);
    return { info, state, seat: seatOf(usb, info?.usbPath), asked: false };
  }
}

interface Look {
  readonly device: string;
  readonly usb: readonly UsbDevice[];
  readonly state: DeviceState | undefined;
}

/** Whether a reader need not be asked again. */
function isSame(known: Known, usb: readonly UsbDevice[], state: DeviceState | undefined): boolean {
  if (!known.asked) {
    return false;
  }
  if (known.seat !== undefined) {
    return known.seat === seatOf(usb, known.info?.usbPath);
  }
  // Nobody holds the card of an empty reader: there a look is in nobody's way.
  return state?.present === true && state.eventCount === known.state?.eventCount;
}

/** Whether it is certain that another reader has the name. */
function isAnother(
  known: Known,
  usb: readonly UsbDevice[],
  state: DeviceState | undefined,
): boolean {
  return known.seat === undefined
    ? (state?.eventCount ?? 0) < (known.state?.eventCount ?? 0)
    : known.seat !== seatOf(usb, known.info?.usbPath);
}

function seatOf(usb: readonly UsbDevice[], usbPath: string | undefined): string | undefined {
  const found = usb.find(({ path }) => path === usbPath);
  return found === undefined ? undefined : `${found.path} ${String(found.address)}`;
}

/** What a reader's name alone tells. */
function namedOnly(usb: readonly UsbDevice[], reader: string): DeviceInfo | undefined {
  const found = usbDeviceNamed(usb, reader);
  return found === undefined
    ? undefined
    : {
        type: "usb",
        instanceId: usbInstanceId(found),
        serial: found.serial === "" ? undefined : found.serial,
        usbPath: found.path,
      };
}
