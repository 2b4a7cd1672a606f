/**
 * Smart cards without hardware: a resource manager inside this process, with virtual readers and
 * cards. Start with {@link createVirtualSubsystem}; docs/virtual.md is the guide.
 *
 * @packageDocumentation
 */
export type { CardAnswer, ResponseParts } from "./card-answer.js";
export type { InsertableCard } from "./card-place.js";
export {
  CardHandlerError,
  ReplayError,
  TranscriptError,
  VirtualReaderError,
  VpcdError,
} from "./errors.js";
export type { VirtualReaderErrorCode, VpcdErrorCode } from "./errors.js";
export type { FaultTiming, VirtualFault } from "./faults.js";
export { ForeignConnection } from "./foreign-connection.js";
export type { ForeignDisposition } from "./foreign-connection.js";
export { IsoCard } from "./iso-card.js";
export type {
  IsoAccess,
  IsoCardDescription,
  IsoDataObject,
  IsoDf,
  IsoFile,
  IsoKey,
  IsoPin,
  IsoRecordEf,
  IsoTransparentEf,
} from "./iso-description.js";
export { VirtualPinPad } from "./pin-pad.js";
export { VirtualReader } from "./reader.js";
export type { ForeignConnectionOptions, VirtualReaderState } from "./reader.js";
export type { VirtualReaderOptions } from "./reader-options.js";
export { VirtualSubsystem, createVirtualSubsystem } from "./subsystem.js";
export type { VirtualProfile, VirtualStatistics, VirtualSubsystemOptions } from "./subsystem.js";
export { VirtualCard } from "./virtual-card.js";
export type {
  CardContext,
  CardHandler,
  CardPowerEvent,
  VirtualCardOptions,
} from "./virtual-card.js";
export { recordCard } from "./record-card.js";
export type { RecordCardOptions } from "./record-card.js";
export type { ReplayOrder } from "./replay.js";
export { ReplayCard } from "./replay-card.js";
export type { ReplayCardOptions } from "./replay-card.js";
export { parseTranscript } from "./transcript-parser.js";
export type {
  Transcript,
  TranscriptCommand,
  TranscriptPower,
  TranscriptStep,
} from "./transcript.js";
export type { TranscriptSink } from "./transcript-writer.js";
export { VpcdBridge, connectVpcd } from "./vpcd-bridge.js";
export type {
  ConnectVpcdOptions,
  VpcdBridgeEventMap,
  VpcdBridgeFault,
  VpcdBridgeState,
} from "./vpcd-bridge.js";
