// How often readers are looked at as devices, and what is believed of one that cannot be.
import { describe, expect, test } from "vitest";

import { type DeviceSource, KnownDevices } from "../../../lib/database/known-devices.js";
import { PcscError } from "../../../lib/errors/pcsc-error.js";
import type { DeviceInfo } from "../../../lib/reader-info/device-info.js";
import type { UsbDevice } from "../../../lib/reader-info/usb-devices.js";

const desk = "Maker Model 00 00";
const held = PcscError.of("SCARD_E_SHARING_VIOLATION", "SCardConnect");

function usbDevice(address: number, path = "1-4", serial = "A1"): UsbDevice {
  const [manufacturerName, productName] = ["Maker", "Model"];
  return { bus: 1, address, vendor: 1, product: 2, manufacturerName, productName, serial, path };
}

function info(serial: string, usbPath?: string): DeviceInfo {
  return { type: "usb", instanceId: `USB\\${serial}`, serial, usbPath };
}

/** One reader, as the test says it is. */
class Reader implements DeviceSource {
  answer: DeviceInfo | PcscError;
  usb: readonly UsbDevice[] = [];
  present = true;
  eventCount = 1;
  looks = 0;
  #now = 0;
  readonly #known = new KnownDevices();

  constructor(answer: DeviceInfo | PcscError) {
    this.answer = answer;
  }

  state(): ReturnType<DeviceSource["state"]> {
    return Promise.resolve({ eventCount: this.eventCount, present: this.present });
  }

  async lookUp(): Promise<DeviceInfo> {
    this.looks += 1;
    const { answer } = this;
    return answer instanceof PcscError ? Promise.reject(answer) : Promise.resolve(answer);
  }

  usbDevices(): ReturnType<DeviceSource["usbDevices"]> {
    return Promise.resolve(this.usb);
  }

  now(): number {
    return this.#now;
  }

  /** What is known of it, two seconds after the last question. */
  async later(): Promise<DeviceInfo | undefined> {
    this.#now += 2000;
    const [known] = await this.#known.look(this, [desk]);
    return known;
  }

  unlisted(): void {
    this.#known.attached([]);
  }
}

describe("readers as devices, known", () => {
  test("are asked once for as long as they keep their place on the bus", async () => {
    const reader = new Reader(info("A1", "1-4"));
    reader.usb = [usbDevice(7)];
    reader.present = false;
    await reader.later();
    reader.usb = [usbDevice(7), usbDevice(8, "1-5")];
    reader.eventCount = 9;
    expect(await reader.later()).toMatchObject({ serial: "A1" });
    expect(reader.looks).toBe(1);
    // Another one in the same socket gets another address.
    reader.usb = [usbDevice(9)];
    reader.answer = info("B2", "1-4");
    expect(await reader.later()).toMatchObject({ serial: "B2" });
  });

  test("are asked again where nothing tells their place, but not with a card in", async () => {
    const reader = new Reader(info("A1"));
    await reader.later();
    await reader.later();
    expect(reader.looks).toBe(1);
    reader.present = false;
    reader.answer = info("B2");
    expect(await reader.later()).toMatchObject({ serial: "B2" });
    reader.present = true;
    reader.eventCount = 2;
    reader.answer = info("C3");
    expect(await reader.later()).toMatchObject({ serial: "C3" });
  });

  test("stay what they were while they cannot be asked", async () => {
    const reader = new Reader(info("A1"));
    await reader.later();
    reader.answer = held;
    reader.eventCount = 2;
    expect(await reader.later()).toMatchObject({ serial: "A1" });
  });

  test("are forgotten when another has come in their place", async () => {
    const counted = new Reader(info("A1"));
    await counted.later();
    counted.answer = held;
    counted.eventCount = 0;
    expect(await counted.later()).toBeUndefined();
    const moved = new Reader(info("A1", "1-4"));
    moved.usb = [usbDevice(7)];
    await moved.later();
    moved.answer = held;
    moved.usb = [usbDevice(9, "1-4", "B2")];
    expect(await moved.later()).toMatchObject({ serial: "B2" });
    const unlisted = new Reader(info("A1"));
    await unlisted.later();
    unlisted.answer = held;
    unlisted.unlisted();
    expect(await unlisted.later()).toBeUndefined();
  });

  test("go by their name when they were never asked, until they can be", async () => {
    const reader = new Reader(held);
    reader.usb = [usbDevice(7)];
    expect(await reader.later()).toEqual({
      type: "usb",
      instanceId: "USB\\VID_0001&PID_0002\\A1",
      serial: "A1",
      usbPath: "1-4",
    });
    reader.answer = info("Told", "1-4");
    expect(await reader.later()).toMatchObject({ serial: "Told" });
    await reader.later();
    expect(reader.looks).toBe(2);
  });
});
