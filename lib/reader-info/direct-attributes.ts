// Attributes of a reader, read over a direct connection, which needs no card: for what the package
// itself wants to know. Names are the resource manager's own.
import type { NativeConnection } from "../../binding.js";
import { attributeId, decodeAttribute } from "../attributes.js";
import type { AttributeName, AttributeValues } from "../attributes/values.js";
import type { CallTraits, ContextCalls } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import { dispositionNumber, shareModeNumber } from "../words.js";
import { type DeviceInfo, deviceInfo } from "./device-info.js";

/** Which reader is looked up. */
export interface DeviceLookUp {
  /** The resource manager's name of the reader. */
  readonly device: string;
  /** The name by which the program knows it, for errors. */
  readonly reader: string;
  readonly virtual: boolean;
}

/** Looks a reader up as a device. */
export async function lookUpDevice(
  calls: ContextCalls,
  { device, reader, virtual }: DeviceLookUp,
  traits: CallTraits,
): Promise<DeviceInfo> {
  const card = await calls.recovering(
    async () => connectDirect(calls, device, reader, traits),
    traits.limits,
  );
  try {
    const attribute = async <Name extends AttributeName>(
      name: Name,
    ): Promise<AttributeValues[Name] | undefined> =>
      readAttribute(calls, { card, name, reader }, traits);
    return await deviceInfo({ reader: device, attribute, virtual });
  } finally {
    await disconnect(calls, card);
  }
}

type NativeCard = NativeConnection["card"];

async function connectDirect(
  calls: ContextCalls,
  device: string,
  reader: string,
  traits: CallTraits,
): Promise<NativeCard> {
  const { native } = calls.link;
  return calls.dispatcher.run({
    call: "SCardConnect",
    target: { subject: "context", reader },
    begin: () => native.connect(device, shareModeNumber("direct"), 0, dispositionNumber("leave")),
    finish: ({ card }: NativeConnection) => card,
    discard: ({ card }: NativeConnection) => {
      void disconnect(calls, card);
    },
    ...traits,
  });
}

async function readAttribute<Name extends AttributeName>(
  calls: ContextCalls,
  { card, name, reader }: { card: NativeCard; name: Name; reader: string },
  traits: CallTraits,
): Promise<AttributeValues[Name] | undefined> {
  try {
    return await calls.dispatcher.run({
      call: "SCardGetAttrib",
      target: { reader },
      begin: () => card.getAttrib(0, attributeId(name)),
      finish: (bytes: Uint8Array) => decodeAttribute(name, bytes),
      ...traits,
    });
  } catch (error) {
    if (error instanceof PcscError && lacking.includes(error.code)) {
      return undefined;
    }
    throw error;
  }
}

/** What drivers answer to an attribute that they do not have. */
const lacking: readonly string[] = [
  "SCARD_E_UNSUPPORTED_FEATURE",
  "SCARD_E_INVALID_PARAMETER",
  "SCARD_E_INVALID_VALUE",
  "SCARD_E_NOT_TRANSACTED",
  "SCARD_F_COMM_ERROR",
  "ERROR_NOT_SUPPORTED",
  "ERROR_INVALID_FUNCTION",
];

async function disconnect(calls: ContextCalls, card: NativeCard): Promise<void> {
  const done = calls.dispatcher.run({
    call: "SCardDisconnect",
    target: { subject: "context" },
    begin: () => card.disconnect(dispositionNumber("leave")),
    finish: () => undefined,
  });
  // The reader may have gone, and the connection with it.
  await done.catch(() => undefined);
}
