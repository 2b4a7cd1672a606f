// Card service data and card capabilities, ISO/IEC 7816-4:2005, 8.1.1.2.

/** The first byte of card capabilities: ways to select a DF and to name what is in it. */
export interface SelectionMethods {
  readonly fullDfName: boolean;
  readonly partialDfName: boolean;
  readonly path: boolean;
  readonly fileIdentifier: boolean;
  readonly implicitDf: boolean;
  readonly shortEfIdentifier: boolean;
  readonly recordNumber: boolean;
  readonly recordIdentifier: boolean;
}

/** The second byte of card capabilities. */
export interface DataCoding {
  /** EFs of TLV structure are supported. */
  readonly tlvEfs: boolean;
  readonly writeFunctions: "one-time" | "proprietary" | "or" | "and";
  /** Whether FF may start a BER-TLV tag; otherwise it is padding. */
  readonly ffStartsTag: boolean;
  /** Size of a data unit in quartets (half bytes): 1 to 32768. */
  readonly dataUnitQuartets: number;
}

/** Card capabilities; the second and third byte may be absent. */
export interface CardCapabilities {
  readonly selection: SelectionMethods;
  readonly dataCoding?: DataCoding;
  readonly commandChaining?: boolean;
  /** Whether the card takes extended Lc and Le fields. */
  readonly extendedLength?: boolean;
  /** Whether EF.ATR/INFO says how long APDUs may be. */
  readonly extendedLengthInfo?: boolean;
  /** Who numbers logical channels; empty when there are none but the basic one. */
  readonly channelAssignedBy?: readonly ("card" | "interface-device")[];
  /** Logical channels, 1 to 8; 8 means 8 or more. */
  readonly logicalChannels?: number;
}

/** Card service data. */
export interface CardServiceData {
  readonly selectByFullDfName: boolean;
  readonly selectByPartialDfName: boolean;
  /** BER-TLV data objects are in EF.DIR. */
  readonly objectsInEfDir: boolean;
  /** BER-TLV data objects are in EF.ATR/INFO. */
  readonly objectsInEfAtr: boolean;
  /** How to read EF.DIR and EF.ATR/INFO. */
  readonly access: "read-binary" | "read-record" | "get-data" | "reserved";
  readonly hasMf: boolean;
}

export function readCardServiceData(byte: number): CardServiceData {
  const codes = { 0b100: "read-binary", 0b000: "read-record", 0b010: "get-data" } as const;
  const code = (byte >> 1) & 0b111;
  return Object.freeze({
    selectByFullDfName: bit(byte, 8),
    selectByPartialDfName: bit(byte, 7),
    objectsInEfDir: bit(byte, 6),
    objectsInEfAtr: bit(byte, 5),
    access: code === 0b100 || code === 0b000 || code === 0b010 ? codes[code] : "reserved",
    hasMf: !bit(byte, 1),
  });
}

/** @param bytes The 1 to 3 bytes of the data object. */
export function readCardCapabilities(bytes: Uint8Array): CardCapabilities {
  const [first = 0, second, third] = bytes;
  return Object.freeze({
    selection: Object.freeze({
      fullDfName: bit(first, 8),
      partialDfName: bit(first, 7),
      path: bit(first, 6),
      fileIdentifier: bit(first, 5),
      implicitDf: bit(first, 4),
      shortEfIdentifier: bit(first, 3),
      recordNumber: bit(first, 2),
      recordIdentifier: bit(first, 1),
    }),
    ...(second === undefined ? {} : { dataCoding: Object.freeze(readDataCoding(second)) }),
    ...(third === undefined ? {} : readThirdByte(third)),
  });
}

function readDataCoding(byte: number): DataCoding {
  const functions = ["one-time", "proprietary", "or", "and"] as const;
  return {
    tlvEfs: bit(byte, 8),
    writeFunctions: functions[(byte >> 5) & 0b11] ?? "proprietary",
    ffStartsTag: bit(byte, 5),
    dataUnitQuartets: 2 ** (byte & 0x0f),
  };
}

function readThirdByte(byte: number): Omit<CardCapabilities, "selection" | "dataCoding"> {
  const assigners: ("card" | "interface-device")[] = [];
  if (bit(byte, 5)) {
    assigners.push("card");
  }
  if (bit(byte, 4)) {
    assigners.push("interface-device");
  }
  return {
    commandChaining: bit(byte, 8),
    extendedLength: bit(byte, 7),
    extendedLengthInfo: bit(byte, 6),
    channelAssignedBy: Object.freeze(assigners),
    logicalChannels: (byte & 0b111) + 1,
  };
}

/** Bit `number` as the standard counts them: 8 is the highest. */
function bit(byte: number, number: number): boolean {
  return (byte & (1 << (number - 1))) !== 0;
}
