// The public surface of the commands of ISO/IEC 7816-4.
export type {
  AlgorithmOptions,
  ExternalAuthenticateOptions,
  GeneralAuthenticateOptions,
  GetChallengeOptions,
  InternalAuthenticateOptions,
  KeyOptions,
} from "./authenticate.js";
export type {
  BinaryTarget,
  ChangeBinaryOptions,
  EraseBinaryOptions,
  ReadBinaryOptions,
} from "./binary.js";
export type { CommandTraits } from "./build.js";
export { type CommandBuilders, isoCommands, type IsoCommands } from "./builders.js";
export {
  type ExternalAuthenticateResult,
  IsoCalls,
  IsoChannel,
  type ReadRecordsOptions,
} from "./calls.js";
export type { EnvelopeOptions, GetResponseOptions, ManageChannelOptions } from "./channel.js";
export type {
  DataObjectBySimpleTag,
  DataObjectByTag,
  DataObjectPlace,
  GetDataOptions,
  ProprietaryData,
  PutDataOptions,
} from "./data-object.js";
export {
  type FileControl,
  type FileLife,
  type FileStructure,
  parseFileControl,
} from "./file-control.js";
export type { CreateFileOptions, FileLifeOptions } from "./file-life.js";
export type { Occurrence } from "./file-words.js";
export type { EncodedPin, PinValue } from "./pin-value.js";
export type {
  AppendRecordOptions,
  ChangeRecordOptions,
  EraseRecordOptions,
  ReadRecordOptions,
  RecordByNumber,
  RecordByOccurrence,
  RecordFile,
  RecordRange,
} from "./record.js";
export type { SecretReference } from "./reference.js";
export type {
  SelectAnswer,
  SelectByAid,
  SelectById,
  SelectByPath,
  SelectFileOptions,
  SelectRelative,
} from "./select-file.js";
export type { CommandSender, ReferenceDataResult } from "./send.js";
export type {
  ChangePinOptions,
  ResetRetryCounterOptions,
  VerificationRequirementOptions,
  VerifyCommandOptions,
} from "./verify.js";
