// What a card says about a file: ISO/IEC 7816-4:2005, 5.3.3.
import { type BytesInput, copyBytes } from "../../bytes.js";
import { decodeTlv, type TlvElement } from "../ber-tlv.js";
import { findTlv } from "../find-tlv.js";

/** How an EF is built. */
export type FileStructure =
  | "transparent"
  | "linear-fixed"
  | "linear-variable"
  | "cyclic"
  | "ber-tlv"
  | "simple-tlv"
  | "unknown";

/** Where in its life a file is; `"terminated"` is for ever. */
export type FileLife =
  | "creation"
  | "initialization"
  | "activated"
  | "deactivated"
  | "terminated"
  | "proprietary"
  | "unknown";

/** Control information of a file. What the card does not say is undefined. */
export interface FileControl {
  /**
   * The template it came in: file control information (6F), parameters (62), management data (64);
   * `"proprietary"` for bytes in no such template, `"none"` for no bytes.
   */
  readonly template: "fci" | "fcp" | "fmd" | "proprietary" | "none";
  readonly type: "df" | "ef" | "internal-ef" | "proprietary" | undefined;
  readonly structure: FileStructure | undefined;
  /** Records are SIMPLE-TLV data objects. */
  readonly tlvRecords: boolean | undefined;
  /** Whether several logical channels may select it at once. */
  readonly shareable: boolean | undefined;
  /** Bytes of content (80). */
  readonly size: number | undefined;
  /** Bytes with all that manages them (81). */
  readonly totalSize: number | undefined;
  /** Longest record, in bytes. */
  readonly recordSize: number | undefined;
  readonly recordCount: number | undefined;
  /** File identifier (83). */
  readonly id: number | undefined;
  /** Short EF identifier (88), 1 to 30; null when the card says that there is none. */
  readonly sfi: number | null | undefined;
  /** DF name (84), a copy. */
  readonly name: Uint8Array | undefined;
  /** Application label (50), as text. */
  readonly label: string | undefined;
  /** Life cycle status (8A). */
  readonly life: FileLife | undefined;
  /** Proprietary information (A5, or 85), a copy. */
  readonly proprietary: Uint8Array | undefined;
  /** Every data object in the template, to look further with `findTlv`. */
  readonly elements: readonly TlvElement[];
  /** The bytes as they came, a copy. */
  readonly bytes: Uint8Array;
}

const templates: ReadonlyMap<number, FileControl["template"]> = new Map([
  [0x6f, "fci"],
  [0x62, "fcp"],
  [0x64, "fmd"],
]);

/**
 * Reads the answer to SELECT.
 * @param bytes Response data, bytes or hexadecimal text.
 * @throws {TlvError} for a template that is malformed.
 * @throws {ScardArgumentError} for what is no bytes.
 */
export function parseFileControl(bytes: BytesInput): FileControl {
  const copy = copyBytes("bytes", bytes);
  const template = copy.length === 0 ? "none" : (templates.get(copy[0] ?? 0) ?? "proprietary");
  if (template === "none" || template === "proprietary") {
    return fileControl(template, [], copy);
  }
  const [outer] = decodeTlv(copy);
  const inner = outer?.children ?? [];
  // FCI may hold the parameters and the management data in templates of their own.
  const elements = inner.flatMap((element) =>
    template === "fci" && (element.tag === 0x62 || element.tag === 0x64)
      ? element.children
      : [element],
  );
  return fileControl(template, elements, copy);
}

/** As {@link parseFileControl} for bytes that cannot be taken apart. */
export function opaqueFileControl(bytes: Uint8Array): FileControl {
  return fileControl("proprietary", [], bytes);
}

function fileControl(
  template: FileControl["template"],
  elements: readonly TlvElement[],
  bytes: Uint8Array,
): FileControl {
  const value = (tag: number): Uint8Array | undefined => findTlv(elements, tag)?.value;
  const shortId = value(0x88);
  const label = value(0x50);
  return Object.freeze({
    template,
    ...readDescriptor(value(0x82)),
    size: number(value(0x80)),
    totalSize: number(value(0x81)),
    id: number(value(0x83)),
    sfi: shortId === undefined ? undefined : readShortId(shortId),
    name: value(0x84)?.slice(),
    label: label === undefined ? undefined : new TextDecoder().decode(label),
    life: readLife(value(0x8a)),
    proprietary: (value(0xa5) ?? value(0x85))?.slice(),
    elements,
    bytes,
  });
}

type Descriptor = Pick<
  FileControl,
  "type" | "structure" | "tlvRecords" | "shareable" | "recordSize" | "recordCount"
>;

const structures: readonly FileStructure[] = [
  "unknown",
  "transparent",
  "linear-fixed",
  "linear-fixed",
  "linear-variable",
  "linear-variable",
  "cyclic",
  "cyclic",
];

/** File descriptor byte, data coding byte, longest record in 1 or 2 bytes, records in 1 or 2. */
function readDescriptor(value: Uint8Array | undefined): Descriptor {
  const [byte] = value ?? [];
  if (value === undefined || byte === undefined || (byte & 0x80) !== 0) {
    return {
      type: undefined,
      structure: undefined,
      tlvRecords: undefined,
      shareable: undefined,
      recordSize: undefined,
      recordCount: undefined,
    };
  }
  const kind = (byte >> 3) & 0b111;
  const form = byte & 0b111;
  const tlvEf = kind === 0b111 && form !== 0;
  const df = kind === 0b111 && form === 0;
  const type = df ? "df" : kind === 0 || tlvEf ? "ef" : kind === 1 ? "internal-ef" : "proprietary";
  return {
    type,
    structure: df ? undefined : tlvEf ? tlvStructure(form) : (structures[form] ?? "unknown"),
    tlvRecords: df || tlvEf ? undefined : form === 3 || form === 5 || form === 7,
    shareable: (byte & 0x40) !== 0,
    recordSize: number(value.length > 3 ? value.subarray(2, 4) : value.subarray(2, 3)),
    recordCount: number(value.subarray(4, 6)),
  };
}

function tlvStructure(form: number): FileStructure {
  return form === 1 ? "ber-tlv" : form === 2 ? "simple-tlv" : "unknown";
}

/** Bits 8-4; some cards write the number itself, which has bits 3-1 too. */
function readShortId(value: Uint8Array): number | null {
  const [byte = 0] = value;
  const sfi = (byte & 0b111) === 0 ? byte >> 3 : byte;
  return sfi >= 1 && sfi <= 30 ? sfi : null;
}

function readLife(value: Uint8Array | undefined): FileLife | undefined {
  const [byte] = value ?? [];
  if (byte === undefined) {
    return undefined;
  }
  const words: readonly FileLife[] = ["unknown", "creation", "unknown", "initialization"];
  if (byte > 0x0f) {
    return "proprietary";
  }
  if (byte >= 0x0c) {
    return "terminated";
  }
  if (byte >= 0x04 && byte <= 0x07) {
    return (byte & 1) === 1 ? "activated" : "deactivated";
  }
  return words[byte] ?? "unknown";
}

/** A big-endian number; undefined for none, or one beyond what counts exactly. */
function number(value: Uint8Array | undefined): number | undefined {
  if (value === undefined || value.length === 0 || value.length > 6) {
    return undefined;
  }
  return value.reduce((total, byte) => total * 256 + byte, 0);
}
