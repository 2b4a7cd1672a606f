// The public surface of the ISO/IEC 7816 part: ATR, APDUs, status words, TLV.
export { type Atr, longestAtr, parseAtr, type ParseAtrOptions, type Tck } from "./atr.js";
export type {
  GlobalParameters,
  InterfaceByte,
  T0Parameters,
  T15Parameters,
  T1Parameters,
} from "./atr-interface-bytes.js";
export type {
  CompactTlvElement,
  HistoricalBytes,
  StatusIndicator,
} from "./atr-historical-bytes.js";
export type {
  CardCapabilities,
  CardServiceData,
  DataCoding,
  SelectionMethods,
} from "./card-capabilities.js";
export type { StorageCard } from "./contactless-storage-card.js";
export { CommandApdu, type CommandApduFields, type LengthForm } from "./command-apdu.js";
export { longestResponse, ResponseApdu, type ResponseApduOptions } from "./response-apdu.js";
export { describeStatusWord, type StatusCategory, type StatusWord } from "./status-word.js";
export { decodeTlv, type DecodeTlvOptions, type TagClass, type TlvElement } from "./ber-tlv.js";
export { encodeTlv, type TlvInput } from "./ber-tlv-encode.js";
export { extendedLengthInfo, type ExtendedLengthInfo } from "./extended-length-info.js";
export { findAllTlv, findTlv, type TagPath } from "./find-tlv.js";
export {
  decodeSimpleTlv,
  type DecodeSimpleTlvOptions,
  encodeSimpleTlv,
  type SimpleTlvElement,
  type SimpleTlvInput,
} from "./simple-tlv.js";
export * from "./commands/index.js";
export { ApduError, AtrError, FormatError, TlvError } from "./format-error.js";
export type { BytesInput } from "../bytes.js";
