// Readers as devices, from attributes and a folder that looks as Linux' /sys does.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { deviceInfo, type DeviceInfo } from "../../../lib/reader-info/device-info.js";

let usbRoot = "";

function device(path: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(usbRoot, path));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(usbRoot, path, name), `${text}\n`);
  }
}

beforeEach(() => {
  usbRoot = mkdtempSync(join(tmpdir(), "scard-usb-"));
  const gemalto = {
    idVendor: "08e6",
    idProduct: "3437",
    manufacturer: "Gemplus",
    product: "GemPC",
  };
  device("1-1", { busnum: "1", devnum: "4", serial: "A0B1", ...gemalto });
  device("1-2.3", { busnum: "1", devnum: "5", ...gemalto });
  device("1-1:1.0", { bInterfaceClass: "0b" });
  device("usb1", { busnum: "1", devnum: "1", idVendor: "1d6b", idProduct: "0002" });
  // Unplugged while it is looked at.
  device("1-9", { busnum: "1" });
});

afterEach(() => {
  rmSync(usbRoot, { recursive: true });
});

async function info(
  reader: string,
  attributes: Readonly<Record<string, unknown>>,
  virtual = false,
): Promise<DeviceInfo> {
  return deviceInfo({
    reader,
    attribute: async (name) => Promise.resolve(attributes[name] as never),
    virtual,
    usbRoot,
  });
}

const usb = (bus: number, address: number): Readonly<Record<string, unknown>> => ({
  channelId: { type: "usb", number: (bus << 8) | address, raw: 0 },
});

describe("a reader's device", () => {
  test("is found by bus and address, with its serial number", async () => {
    expect(await info("Whatever", usb(1, 4))).toMatchObject({
      type: "usb",
      instanceId: "USB\\VID_08E6&PID_3437\\A0B1",
    });
  });

  test("is named by its socket without a serial number", async () => {
    expect((await info("Whatever", usb(1, 5))).instanceId).toBe("USB\\VID_08E6&PID_3437\\1-2.3");
  });

  test("is told apart from others of its model by the serial number in the reader's name", async () => {
    expect((await info("Gemplus GemPC (A0B1) 00 00", {})).instanceId).toContain("A0B1");
    expect(await info("Gemplus GemPC 00 00", {})).toMatchObject({
      type: "vendor",
      instanceId: undefined,
    });
  });

  test("is unknown on another bus, or where the driver tells a device that is not there", async () => {
    expect(
      await info("Serial", { channelId: { type: "serial", number: 1, raw: 0 } }),
    ).toMatchObject({
      type: "serial",
      instanceId: undefined,
    });
    expect(await info("Other", usb(7, 7))).toMatchObject({ type: "usb", instanceId: undefined });
  });

  test("is unknown without such a folder, as on other systems", async () => {
    rmSync(usbRoot, { recursive: true });
    expect(await info("Gemplus GemPC", usb(1, 4))).toMatchObject({
      type: "usb",
      instanceId: undefined,
    });
    mkdirSync(usbRoot);
  });

  test("of a virtual subsystem has nothing to do with this machine's", async () => {
    const attributes = { ...usb(1, 4), vendorIfdSerialNumber: "0001" };
    expect(await info("Gemplus GemPC", attributes, true)).toMatchObject({
      type: "usb",
      instanceId: "ROOT\\SMARTCARDREADER\\0001",
    });
  });
});
