// Historical bytes of an ATR, ISO/IEC 7816-4:2005, 8.1.1.
import { hexByte, hexWord, toHex } from "../bytes.js";
import {
  type CardCapabilities,
  type CardServiceData,
  readCardCapabilities,
  readCardServiceData,
} from "./card-capabilities.js";
import { readStorageCard, type StorageCard } from "./contactless-storage-card.js";

/** One COMPACT-TLV data object: a nibble of tag, a nibble of length, up to 15 bytes. */
export interface CompactTlvElement {
  /** 1 to 15. */
  readonly tag: number;
  /** The same object's BER-TLV tag, 0x41 to 0x4F. */
  readonly berTag: number;
  readonly name: string;
  /** Where its header stands in the ATR. */
  readonly offset: number;
  readonly value: Uint8Array;
}

/** Life cycle and status word the card reports in its historical bytes; `undefined` when not. */
export interface StatusIndicator {
  /** Life cycle status byte. */
  readonly lifeCycle: number | undefined;
  readonly lifeCycleMeaning: string | undefined;
  readonly sw: number | undefined;
}

/** The historical bytes, decoded as far as the category indicator allows. */
export interface HistoricalBytes {
  /** All of them, a copy; empty when the ATR has none. */
  readonly bytes: Uint8Array;
  /** The first one; undefined when there are none. */
  readonly categoryIndicator: number | undefined;
  /**
   * 00 `"status-at-end"`, 10 `"dir-data-reference"`, 80 `"compact-tlv"`, 81 to 8F `"reserved"`,
   * anything else `"proprietary"`; `"none"` without historical bytes.
   */
  readonly format:
    "none" | "status-at-end" | "dir-data-reference" | "compact-tlv" | "reserved" | "proprietary";
  /** COMPACT-TLV data objects in order; empty for other formats. */
  readonly elements: readonly CompactTlvElement[];
  /**
   * What is wrong with the COMPACT-TLV objects; undefined when nothing is. Cards are careless
   * here, so it does not make the ATR invalid: what came before the fault is decoded.
   */
  readonly defect: string | undefined;
  readonly cardServiceData?: CardServiceData;
  readonly cardCapabilities?: CardCapabilities;
  /** The command to send first, as initial access data says. */
  readonly initialAccessData?: Uint8Array;
  /** Application identifier. */
  readonly aid?: Uint8Array;
  /** Country code as hexadecimal digits; ISO 3166-1 numeric, then national digits. */
  readonly countryCode?: string;
  /** Issuer identification number as hexadecimal digits. */
  readonly issuerIdentification?: string;
  readonly cardIssuerData?: Uint8Array;
  readonly preIssuingData?: Uint8Array;
  readonly statusIndicator?: StatusIndicator;
  /** DIR data reference, category 10. */
  readonly dirDataReference?: number;
  /** PC/SC part 3: the ATR a reader makes up for a contactless storage card. */
  readonly storageCard?: StorageCard;
}

const elementNames: Readonly<Record<number, string>> = {
  0x1: "country code",
  0x2: "issuer identification number",
  0x3: "card service data",
  0x4: "initial access data",
  0x5: "card issuer's data",
  0x6: "pre-issuing data",
  0x7: "card capabilities",
  0x8: "status indicator",
  0xf: "application identifier",
};

/** Decodes historical bytes. Never throws: see {@link HistoricalBytes.defect}. */
export function decodeHistoricalBytes(bytes: Uint8Array, offset: number): HistoricalBytes {
  const [category] = bytes;
  const base = { bytes, categoryIndicator: category, elements: [], defect: undefined };
  if (category === undefined) {
    return { ...base, format: "none" };
  }
  if (category === 0x10) {
    const [, reference] = bytes;
    const found = reference === undefined ? {} : { dirDataReference: reference };
    return { ...base, format: "dir-data-reference", ...found };
  }
  if (category === 0x00) {
    return decodeWithStatusAtEnd(bytes, offset);
  }
  if (category === 0x80) {
    const storageCard = readStorageCard(bytes);
    if (storageCard !== undefined) {
      // Its 4F 0C is a BER-TLV header; as COMPACT-TLV it would be nonsense.
      const aid = bytes.slice(3, 3 + 12);
      return { ...base, format: "compact-tlv", aid, storageCard };
    }
    return { ...base, format: "compact-tlv", ...decodeCompactTlv(bytes, 1, bytes.length, offset) };
  }
  return { ...base, format: category > 0x80 && category < 0x90 ? "reserved" : "proprietary" };
}

function decodeWithStatusAtEnd(bytes: Uint8Array, offset: number): HistoricalBytes {
  const base = { bytes, categoryIndicator: 0, format: "status-at-end" } as const;
  if (bytes.length < 4) {
    const defect = "Category 00 needs a status indicator of 3 bytes at the end";
    return { ...base, elements: [], defect };
  }
  const end = bytes.length - 3;
  const decoded = decodeCompactTlv(bytes, 1, end, offset);
  return { ...base, ...decoded, statusIndicator: readStatusIndicator(bytes.subarray(end)) };
}

type Decoded = Pick<HistoricalBytes, "elements" | "defect"> & Partial<HistoricalBytes>;

function decodeCompactTlv(bytes: Uint8Array, from: number, to: number, offset: number): Decoded {
  const elements: CompactTlvElement[] = [];
  let defect: string | undefined;
  let position = from;
  while (position < to) {
    const header = bytes[position] ?? 0;
    const tag = header >> 4;
    const end = position + 1 + (header & 0x0f);
    if (tag === 0 || end > to) {
      const fault = tag === 0 ? "is no COMPACT-TLV header" : "announces more bytes than follow";
      defect = `${hexByte(header)} at byte ${String(offset + position)} ${fault}`;
      break;
    }
    const name = elementNames[tag] ?? "reserved";
    const value = bytes.slice(position + 1, end);
    elements.push(
      Object.freeze({ tag, berTag: 0x40 | tag, name, offset: offset + position, value }),
    );
    position = end;
  }
  return { ...interpret(elements), elements: Object.freeze(elements), defect };
}

function interpret(elements: readonly CompactTlvElement[]): Partial<HistoricalBytes> {
  const found: { -readonly [Key in keyof HistoricalBytes]?: HistoricalBytes[Key] } = {};
  for (const { tag, value } of elements) {
    if (tag === 0x1) {
      found.countryCode ??= toHex(value);
    } else if (tag === 0x2) {
      found.issuerIdentification ??= toHex(value);
    } else if (tag === 0x3 && value.length === 1) {
      found.cardServiceData ??= readCardServiceData(value[0] ?? 0);
    } else if (tag === 0x4) {
      found.initialAccessData ??= value;
    } else if (tag === 0x5) {
      found.cardIssuerData ??= value;
    } else if (tag === 0x6) {
      found.preIssuingData ??= value;
    } else if (tag === 0x7 && value.length >= 1 && value.length <= 3) {
      found.cardCapabilities ??= readCardCapabilities(value);
    } else if (tag === 0x8 && value.length >= 1 && value.length <= 3) {
      found.statusIndicator ??= readStatusIndicator(value);
    } else if (tag === 0xf) {
      found.aid ??= value;
    }
  }
  return found;
}

/** @param bytes 1: life cycle; 2: SW1-SW2; 3: both. Zeros mean that it is not reported. */
function readStatusIndicator(bytes: Uint8Array): StatusIndicator {
  const lifeCycle = bytes.length === 2 || bytes[0] === 0 ? undefined : bytes[0];
  const sw = bytes.length === 1 ? 0 : ((bytes.at(-2) ?? 0) << 8) | (bytes.at(-1) ?? 0);
  const lifeCycleMeaning = lifeCycle === undefined ? undefined : describeLifeCycle(lifeCycle);
  return Object.freeze({ lifeCycle, lifeCycleMeaning, sw: sw === 0 ? undefined : sw });
}

/** ISO/IEC 7816-4:2005, 5.3.3.2, table 13. */
function describeLifeCycle(value: number): string {
  if (value > 0x0f) {
    return "Proprietary";
  }
  if (value >= 0x0c) {
    return "Termination state";
  }
  if (value === 0x05 || value === 0x07) {
    return "Operational state (activated)";
  }
  if (value === 0x04 || value === 0x06) {
    return "Operational state (deactivated)";
  }
  const early: Readonly<Record<number, string>> = {
    0x01: "Creation state",
    0x03: "Initialisation state",
  };
  return early[value] ?? `Reserved (${hexWord(value).slice(2)})`;
}
