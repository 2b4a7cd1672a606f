import type {
  AttributeProtocol,
  ChannelId,
  Characteristics,
  IccPresence,
  IccType,
} from "./codec.js";

/**
 * Reader attributes by name, with the type of their decoded value (PC/SC part 3; the C name
 * follows each description). Few drivers know them all: one that is missing fails with
 * `SCARD_E_UNSUPPORTED_FEATURE`, `ERROR_NOT_SUPPORTED` or a similar code.
 */
export interface AttributeValues {
  /** Who made the reader. SCARD_ATTR_VENDOR_NAME */
  vendorName: string;
  /** The reader's model. SCARD_ATTR_VENDOR_IFD_TYPE */
  vendorIfdType: string;
  /** The reader's version as "major.minor.build". SCARD_ATTR_VENDOR_IFD_VERSION */
  vendorIfdVersion: string;
  /** The reader's serial number. SCARD_ATTR_VENDOR_IFD_SERIAL_NO */
  vendorIfdSerialNumber: string;
  /** How the reader is attached. SCARD_ATTR_CHANNEL_ID */
  channelId: ChannelId;
  /** Asynchronous protocols the reader supports. SCARD_ATTR_ASYNC_PROTOCOL_TYPES */
  asyncProtocolTypes: readonly AttributeProtocol[];
  /** Clock rate at start, kHz. SCARD_ATTR_DEFAULT_CLK */
  defaultClock: number;
  /** Highest clock rate, kHz. SCARD_ATTR_MAX_CLK */
  maxClock: number;
  /** Data rate at start, bit/s. SCARD_ATTR_DEFAULT_DATA_RATE */
  defaultDataRate: number;
  /** Highest data rate, bit/s. SCARD_ATTR_MAX_DATA_RATE */
  maxDataRate: number;
  /** Largest information field the reader takes, bytes. SCARD_ATTR_MAX_IFSD */
  maxIfsd: number;
  /** Synchronous protocols the reader supports, bits. SCARD_ATTR_SYNC_PROTOCOL_TYPES */
  syncProtocolTypes: number;
  /** Whether the reader can power down with a card inside. SCARD_ATTR_POWER_MGMT_SUPPORT */
  powerManagement: boolean;
  /** Devices by which a user proves who he is to the card, bits. SCARD_ATTR_USER_TO_CARD_AUTH_DEVICE */
  userToCardAuthDevice: number;
  /** Devices by which a user enters data, bits. SCARD_ATTR_USER_AUTH_INPUT_DEVICE */
  userAuthInputDevice: number;
  /** What the reader can do with the card's body. SCARD_ATTR_CHARACTERISTICS */
  characteristics: Characteristics;
  /** Protocol in use, null when none is. SCARD_ATTR_CURRENT_PROTOCOL_TYPE */
  currentProtocol: AttributeProtocol | null;
  /** Clock rate in use, kHz. SCARD_ATTR_CURRENT_CLK */
  currentClock: number;
  /** Clock conversion factor in use. SCARD_ATTR_CURRENT_F */
  currentF: number;
  /** Bit rate conversion factor in use. SCARD_ATTR_CURRENT_D */
  currentD: number;
  /** Guard time factor in use. SCARD_ATTR_CURRENT_N */
  currentN: number;
  /** T=0's work waiting time in use. SCARD_ATTR_CURRENT_W */
  currentW: number;
  /** T=1: largest information field the card takes, bytes. SCARD_ATTR_CURRENT_IFSC */
  currentIfsc: number;
  /** T=1: largest information field the reader takes now, bytes. SCARD_ATTR_CURRENT_IFSD */
  currentIfsd: number;
  /** T=1's block waiting time in use. SCARD_ATTR_CURRENT_BWT */
  currentBwt: number;
  /** T=1's character waiting time in use. SCARD_ATTR_CURRENT_CWT */
  currentCwt: number;
  /** T=1's error detection in use. SCARD_ATTR_CURRENT_EBC_ENCODING */
  currentEbcEncoding: "lrc" | "crc";
  /** T=1's extended block waiting time. SCARD_ATTR_EXTENDED_BWT */
  extendedBwt: number;
  /** Whether a card is in. SCARD_ATTR_ICC_PRESENCE */
  iccPresence: IccPresence;
  /** Whether the card's contacts are active. SCARD_ATTR_ICC_INTERFACE_STATUS */
  iccInterfaceStatus: boolean;
  /** State of the card's I/O line. SCARD_ATTR_CURRENT_IO_STATE */
  currentIoState: number;
  /** The card's answer to reset. SCARD_ATTR_ATR_STRING */
  atr: Uint8Array;
  /** Kind of card. SCARD_ATTR_ICC_TYPE_PER_ATR */
  iccType: IccType;
  /** The driver's reset escape. SCARD_ATTR_ESC_RESET */
  escapeReset: Uint8Array;
  /** The driver's cancel escape. SCARD_ATTR_ESC_CANCEL */
  escapeCancel: Uint8Array;
  /** The driver's authentication escape. SCARD_ATTR_ESC_AUTHREQUEST */
  escapeAuthRequest: Uint8Array;
  /** Longest command the reader takes, bytes. SCARD_ATTR_MAXINPUT */
  maxInput: number;
  /** Number among readers of the same brand, from 0. SCARD_ATTR_DEVICE_UNIT */
  deviceUnit: number;
  /** Whether the reader is in use; reserved by the standard. SCARD_ATTR_DEVICE_IN_USE */
  deviceInUse: boolean;
  /** Name shown to users. SCARD_ATTR_DEVICE_FRIENDLY_NAME (the W form on Windows) */
  deviceFriendlyName: string;
  /** Name of the device itself. SCARD_ATTR_DEVICE_SYSTEM_NAME (the W form on Windows) */
  deviceSystemName: string;
  /** Whether the reader leaves out T=1's IFS request. SCARD_ATTR_SUPRESS_T1_IFS_REQUEST */
  suppressT1IfsRequest: boolean;
  /** Windows: commands sent since the reader was attached. SCARD_PERF_NUM_TRANSMISSIONS */
  perfTransmissions: number;
  /** Windows: bytes sent since the reader was attached. SCARD_PERF_BYTES_TRANSMITTED */
  perfBytesTransmitted: number;
  /** Windows: time spent sending. SCARD_PERF_TRANSMISSION_TIME */
  perfTransmissionTime: number;
}

/** Name of a reader attribute. */
export type AttributeName = keyof AttributeValues;

/**
 * Attributes that can be set by name, with their types. Drivers take few of them: Windows' take
 * `suppressT1IfsRequest`, pcsclite passes every one on to the driver.
 */
export type SettableAttributeValues = Pick<
  AttributeValues,
  | "currentClock"
  | "currentF"
  | "currentD"
  | "currentN"
  | "currentW"
  | "currentIfsc"
  | "currentIfsd"
  | "currentBwt"
  | "currentCwt"
  | "suppressT1IfsRequest"
>;

/** Name of an attribute that can be set. */
export type SettableAttributeName = keyof SettableAttributeValues;
