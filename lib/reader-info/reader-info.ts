// Reader information by winscard's own calls where there are, else by attributes and /sys.
import { type ChannelType, channelType } from "../attributes/codec.js";
import type { CallTraits, ContextCalls } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import type { DeviceInfo } from "./device-info.js";
import { lookUpDevice } from "./direct-attributes.js";
import { neutralIcon } from "./neutral-icon.js";

/** What reader information needs of a context. */
export interface ReaderInfoHost {
  readonly calls: ContextCalls;
  /** Whether the readers are of a virtual subsystem. */
  readonly virtual: boolean;
}

/** SCardGetDeviceTypeId. */
export async function deviceType(
  host: ReaderInfoHost,
  reader: string,
  traits: CallTraits,
): Promise<ChannelType> {
  if (!host.calls.winscard) {
    return (await lookUp(host, reader, traits)).type;
  }
  const type = await host.calls.ask<number>(
    "SCardGetDeviceTypeId",
    (native) => native.getDeviceTypeId(reader),
    traits,
  );
  return channelType(type);
}

/** SCardGetReaderDeviceInstanceId. */
export async function deviceInstanceId(
  host: ReaderInfoHost,
  reader: string,
  traits: CallTraits,
): Promise<string> {
  const call = "SCardGetReaderDeviceInstanceId";
  if (host.calls.winscard) {
    return host.calls.ask(call, (native) => native.getReaderDeviceInstanceId(reader), traits);
  }
  const { instanceId } = await lookUp(host, reader, traits);
  if (instanceId === undefined) {
    throw PcscError.of("SCARD_E_UNSUPPORTED_FEATURE", call, reader);
  }
  return instanceId;
}

/** SCardListReadersWithDeviceInstanceId. */
export async function readersOfDevice(
  host: ReaderInfoHost,
  instanceId: string,
  traits: CallTraits,
): Promise<string[]> {
  if (host.calls.winscard) {
    return host.calls.ask(
      "SCardListReadersWithDeviceInstanceId",
      (native) => native.listReadersWithDeviceInstanceId(instanceId),
      traits,
    );
  }
  const wanted = instanceId.toUpperCase();
  const readers = await host.calls.recovering(
    async () => host.calls.listReaders(undefined, traits),
    traits.limits,
  );
  const infos = await Promise.all(readers.map(async (reader) => lookUpAny(host, reader, traits)));
  return readers.filter((_, index) => infos[index]?.instanceId?.toUpperCase() === wanted);
}

/** SCardGetReaderIcon: what was registered, what the system has, or a neutral one. */
export async function readerIcon(
  { calls }: ReaderInfoHost,
  reader: string,
  traits: CallTraits,
): Promise<Uint8Array> {
  const call = "SCardGetReaderIcon";
  const registered = calls.notes.icons.get(reader);
  if (registered !== undefined) {
    return registered.slice();
  }
  if (!calls.winscard) {
    const readers = await calls.recovering(
      async () => calls.listReaders(undefined, traits),
      traits.limits,
    );
    if (!readers.includes(reader)) {
      throw PcscError.of("SCARD_E_UNKNOWN_READER", call, reader);
    }
    return neutralIcon();
  }
  try {
    return await calls.ask<Uint8Array>(call, (native) => native.getReaderIcon(reader), traits);
  } catch (error) {
    if (error instanceof PcscError && noIconCodes.has(error.code)) {
      return neutralIcon();
    }
    throw error;
  }
}

const noIconCodes: ReadonlySet<string> = new Set([
  "SCARD_E_UNSUPPORTED_FEATURE",
  "ERROR_NOT_SUPPORTED",
]);

/** As {@link lookUp}; nothing of a reader that cannot be looked at now. */
async function lookUpAny(
  host: ReaderInfoHost,
  reader: string,
  traits: CallTraits,
): Promise<DeviceInfo | undefined> {
  try {
    return await lookUp(host, reader, traits);
  } catch (error) {
    const givenUp = traits.limits?.signal?.aborted === true || traits.limits?.remaining === 0;
    if (error instanceof PcscError && !givenUp) {
      return undefined;
    }
    throw error;
  }
}

/** Asks the reader itself. */
async function lookUp(
  { calls, virtual }: ReaderInfoHost,
  reader: string,
  traits: CallTraits,
): Promise<DeviceInfo> {
  const names = await calls.names(traits);
  const device = calls.device(names, reader, "SCardConnect");
  return lookUpDevice(calls, { device, reader, virtual }, traits);
}
