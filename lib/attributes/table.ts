// Every attribute's number and form, as PC/SC part 3 and the headers of pcsclite and Windows say.
import * as codec from "./codec.js";
import type { Decode } from "./codec.js";
import type { AttributeName, AttributeValues } from "./values.js";

export interface AttributeDefinition<Value> {
  readonly id: number;
  readonly decode: Decode<Value>;
}

/** The system's own names: Windows' ANSI forms would lose letters, other systems have only those. */
const wide = process.platform === "win32";
const systemText = wide ? codec.decodeWideText : codec.decodeText;

export const attributeTable: Readonly<{
  [Name in AttributeName]: AttributeDefinition<AttributeValues[Name]>;
}> = {
  vendorName: { id: 0x00010100, decode: codec.decodeText },
  vendorIfdType: { id: 0x00010101, decode: codec.decodeText },
  vendorIfdVersion: { id: 0x00010102, decode: codec.decodeVersion },
  vendorIfdSerialNumber: { id: 0x00010103, decode: codec.decodeText },
  channelId: { id: 0x00020110, decode: codec.decodeChannelId },
  asyncProtocolTypes: { id: 0x00030120, decode: codec.decodeProtocols },
  defaultClock: { id: 0x00030121, decode: codec.decodeNumber },
  maxClock: { id: 0x00030122, decode: codec.decodeNumber },
  defaultDataRate: { id: 0x00030123, decode: codec.decodeNumber },
  maxDataRate: { id: 0x00030124, decode: codec.decodeNumber },
  maxIfsd: { id: 0x00030125, decode: codec.decodeNumber },
  syncProtocolTypes: { id: 0x00030126, decode: codec.decodeNumber },
  powerManagement: { id: 0x00040131, decode: codec.decodeBoolean },
  userToCardAuthDevice: { id: 0x00050140, decode: codec.decodeNumber },
  userAuthInputDevice: { id: 0x00050142, decode: codec.decodeNumber },
  characteristics: { id: 0x00060150, decode: codec.decodeCharacteristics },
  currentProtocol: { id: 0x00080201, decode: codec.decodeProtocol },
  currentClock: { id: 0x00080202, decode: codec.decodeNumber },
  currentF: { id: 0x00080203, decode: codec.decodeNumber },
  currentD: { id: 0x00080204, decode: codec.decodeNumber },
  currentN: { id: 0x00080205, decode: codec.decodeNumber },
  currentW: { id: 0x00080206, decode: codec.decodeNumber },
  currentIfsc: { id: 0x00080207, decode: codec.decodeNumber },
  currentIfsd: { id: 0x00080208, decode: codec.decodeNumber },
  currentBwt: { id: 0x00080209, decode: codec.decodeNumber },
  currentCwt: { id: 0x0008020a, decode: codec.decodeNumber },
  currentEbcEncoding: { id: 0x0008020b, decode: codec.decodeErrorDetection },
  extendedBwt: { id: 0x0008020c, decode: codec.decodeNumber },
  iccPresence: { id: 0x00090300, decode: codec.decodePresence },
  iccInterfaceStatus: { id: 0x00090301, decode: codec.decodeBoolean },
  currentIoState: { id: 0x00090302, decode: codec.decodeNumber },
  atr: { id: 0x00090303, decode: codec.decodeBytes },
  iccType: { id: 0x00090304, decode: codec.decodeIccType },
  escapeReset: { id: 0x0007a000, decode: codec.decodeBytes },
  escapeCancel: { id: 0x0007a003, decode: codec.decodeBytes },
  escapeAuthRequest: { id: 0x0007a005, decode: codec.decodeBytes },
  maxInput: { id: 0x0007a007, decode: codec.decodeNumber },
  deviceUnit: { id: 0x7fff0001, decode: codec.decodeNumber },
  deviceInUse: { id: 0x7fff0002, decode: codec.decodeBoolean },
  deviceFriendlyName: { id: wide ? 0x7fff0005 : 0x7fff0003, decode: systemText },
  deviceSystemName: { id: wide ? 0x7fff0006 : 0x7fff0004, decode: systemText },
  suppressT1IfsRequest: { id: 0x7fff0007, decode: codec.decodeBoolean },
  perfTransmissions: { id: 0x7ffe0001, decode: codec.decodeNumber },
  perfBytesTransmitted: { id: 0x7ffe0002, decode: codec.decodeNumber },
  perfTransmissionTime: { id: 0x7ffe0003, decode: codec.decodeNumber },
};
