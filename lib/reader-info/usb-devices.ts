// USB devices as Linux shows them below /sys.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where Linux lists USB devices. */
export const usbDevicesRoot = "/sys/bus/usb/devices";

/** One USB device. */
export interface UsbDevice {
  readonly bus: number;
  readonly address: number;
  /** idVendor and idProduct, 16 bits. */
  readonly vendor: number;
  readonly product: number;
  /** iManufacturer, iProduct and iSerial; empty where the device has none. */
  readonly manufacturerName: string;
  readonly productName: string;
  readonly serial: string;
  /** Bus and ports, such as `1-1.4`: stays while the device stays in its socket. */
  readonly path: string;
}

/** All USB devices; none where the folder is missing, as on other systems. */
export async function listUsbDevices(root = usbDevicesRoot): Promise<readonly UsbDevice[]> {
  const names = await readdir(root).catch(() => []);
  // A colon marks an interface of a device.
  const folders = names.filter((name) => !name.includes(":")).sort();
  const devices = await Promise.all(folders.map(async (path) => readDevice(root, path)));
  return devices.filter((device) => device !== undefined);
}

async function readDevice(root: string, path: string): Promise<UsbDevice | undefined> {
  const text = async (file: string): Promise<string> =>
    (await readFile(join(root, path, file), "utf8").catch(() => "")).trim();
  const [bus, address, vendor, product, manufacturerName, productName, serial] = await Promise.all(
    ["busnum", "devnum", "idVendor", "idProduct", "manufacturer", "product", "serial"].map(text),
  );
  const numbers = [
    Number.parseInt(bus ?? "", 10),
    Number.parseInt(address ?? "", 10),
    Number.parseInt(vendor ?? "", 16),
    Number.parseInt(product ?? "", 16),
  ] as const;
  if (numbers.some((number) => Number.isNaN(number))) {
    // Unplugged between the list and the look, or no device.
    return undefined;
  }
  return {
    bus: numbers[0],
    address: numbers[1],
    vendor: numbers[2],
    product: numbers[3],
    manufacturerName: manufacturerName ?? "",
    productName: productName ?? "",
    serial: serial ?? "",
    path,
  };
}

/** The device at a place on the bus. */
export function usbDeviceAt(
  devices: readonly UsbDevice[],
  bus: number,
  address: number,
): UsbDevice | undefined {
  return devices.find((device) => device.bus === bus && device.address === address);
}

/**
 * The one device that a reader's name speaks of: drivers make the name from the maker's and the
 * model's, with the serial number in parentheses. Undefined when several fit, or none.
 */
export function usbDeviceNamed(
  devices: readonly UsbDevice[],
  reader: string,
): UsbDevice | undefined {
  const named = devices.filter(
    ({ manufacturerName, productName }) =>
      productName !== "" && reader.startsWith(`${manufacturerName} ${productName}`.trim()),
  );
  const [only, ...others] =
    named.length > 1
      ? named.filter(({ serial }) => serial !== "" && reader.includes(`(${serial})`))
      : named;
  return others.length === 0 ? only : undefined;
}

/**
 * The id that Windows would give the device: `USB\VID_08E6&PID_3437\` and its serial number, or,
 * without one, its place: `USB\VID_08E6&PID_3437\1-1.4`.
 */
export function usbInstanceId({ vendor, product, serial, path }: UsbDevice): string {
  const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, "0");
  return `USB\\VID_${hex(vendor)}&PID_${hex(product)}\\${serial === "" ? path : serial}`;
}
