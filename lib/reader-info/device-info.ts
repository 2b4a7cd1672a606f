// What a reader is as a device, where the resource manager has no call for it: from its attributes
// and, on Linux, from /sys.
import type { ChannelId, ChannelType } from "../attributes/codec.js";
import type { AttributeName, AttributeValues } from "../attributes/values.js";
import {
  type UsbDevice,
  listUsbDevices,
  usbDeviceAt,
  usbDeviceNamed,
  usbInstanceId,
} from "./usb-devices.js";

/** What a reader tells of itself; undefined for what its driver does not. */
export interface AttributeReader {
  <Name extends AttributeName>(name: Name): Promise<AttributeValues[Name] | undefined>;
}

/** What is known of a reader as a device. */
export interface DeviceInfo {
  /** How it is attached. */
  readonly type: ChannelType;
  /** Its device instance id; undefined where nothing tells. */
  readonly instanceId: string | undefined;
  /** Its serial number, and its bus and ports, such as `1-1.4`. */
  readonly serial: string | undefined;
  readonly usbPath: string | undefined;
}

/** Where a reader is looked for. */
export interface DeviceSearch {
  readonly reader: string;
  readonly attribute: AttributeReader;
  /** A reader of a virtual subsystem: this machine's devices have nothing to do with it. */
  readonly virtual: boolean;
  /** Folder of the USB devices. Default: {@link usbDevicesRoot}. */
  readonly usbRoot?: string | undefined;
}

/** Looks a reader up. */
export async function deviceInfo(search: DeviceSearch): Promise<DeviceInfo> {
  const channel = await search.attribute("channelId");
  if (search.virtual) {
    const serial = await search.attribute("vendorIfdSerialNumber");
    return {
      type: channel?.type ?? "vendor",
      instanceId: serial === undefined ? undefined : `ROOT\\SMARTCARDREADER\\${serial}`,
      serial,
      usbPath: undefined,
    };
  }
  const device = await usbDevice(search, channel);
  return {
    type: channel?.type ?? (device === undefined ? "vendor" : "usb"),
    instanceId: device === undefined ? undefined : usbInstanceId(device),
    serial:
      device === undefined || device.serial === ""
        ? await search.attribute("vendorIfdSerialNumber")
        : device.serial,
    usbPath: device?.path,
  };
}

async function usbDevice(
  { reader, usbRoot }: DeviceSearch,
  channel: ChannelId | undefined,
): Promise<UsbDevice | undefined> {
  if (channel !== undefined && channel.type !== "usb") {
    return undefined;
  }
  const devices = await listUsbDevices(usbRoot);
  if (channel === undefined) {
    return usbDeviceNamed(devices, reader);
  }
  // libccid: the bus in the high byte, the address in the low one.
  const found = usbDeviceAt(devices, channel.number >> 8, channel.number & 0xff);
  return found ?? usbDeviceNamed(devices, reader);
}
