/**
 * Smart cards through the platform's PC/SC service. Start with {@link establishContext}.
 *
 * @packageDocumentation
 */
export * from "./attributes.js";
export { ByteBuffer } from "./byte-buffer.js";
export type { ByteBufferStat, CopyToOptions } from "./byte-buffer.js";
export type { BytesInput } from "./bytes.js";
export { CardCommand } from "./card-command.js";
export type { CommandTarget, EncapsulateOptions } from "./card-command.js";
export { auditEvents } from "./audit-events.js";
export type { AuditEvent, AuditResult } from "./audit-events.js";
export type { AuditOptions } from "./audit.js";
export { CommandStateError } from "./command-state-error.js";
export { CardCache } from "./cache/card-cache.js";
export type { CardCacheOptions } from "./cache/card-cache.js";
export type { ReadCacheOptions, WriteCacheOptions } from "./cache/cache-calls.js";
export { Card } from "./card.js";
export type { CardOperations, ReconnectOptions } from "./card-operations.js";
export type { CardState, CardStatus } from "./card-status.js";
export type { ConnectOptions } from "./connect-options.js";
export { Context } from "./context.js";
export type { ListReadersOptions } from "./context-readers.js";
export type { ExchangeCalls } from "./exchange-calls.js";
export { controlCode } from "./control-code.js";
export { statistics } from "./environment.js";
export type { Statistics } from "./environment.js";
export * from "./database/index.js";
export * from "./errors/index.js";
export { establishContext } from "./establish-context.js";
export type { EstablishContextOptions } from "./establish-context.js";
export { UnsupportedFeatureError } from "./errors/unsupported-feature-error.js";
export * from "./features/index.js";
export type { CardQuirk, FramingOptions, SendInput, SendOptions } from "./framing.js";
export { newGuid, parseGuid } from "./guid.js";
export type { Guid } from "./guid.js";
export * from "./iso7816/index.js";
export { knownCardNames } from "./known-cards.js";
export type { KnownCard, KnownCardsOptions } from "./known-cards.js";
export type { CallOptions } from "./limits.js";
export { LockError } from "./lock-error.js";
export type { Protocol } from "./protocol.js";
export * from "./providers/index.js";
export { Reader } from "./reader.js";
export type { ConnectCardOptions } from "./locate/connect-card.js";
export type { LocateCardsOptions, LocatedReader } from "./locate/locate-cards.js";
export type { WantedCards } from "./locate/wanted.js";
export { pnpNotification } from "./reader-state.js";
export type { ReaderState, ReaderStateQuery, ReportedState } from "./reader-state.js";
export type { CardCandidate, Chooser, SelectCardOptions, SelectionMode } from "./select/options.js";
export type { SelectedCard } from "./select/select-card.js";
export { CardSelection } from "./select/selection.js";
export type { SelectionEntry, SelectionState } from "./select/selection.js";
export { terminalChooser } from "./select/terminal-chooser.js";
export type { TerminalChooserOptions } from "./select/terminal-chooser.js";
export type { TransactionCallback } from "./run-transaction.js";
export { Transaction } from "./transaction.js";
export type { TransactionOptions } from "./transaction.js";
export type { ReadBinaryStreamOptions, ReadProgress } from "./read-binary-stream.js";
export * from "./script/index.js";
export type { StatusPattern } from "./iso7816/status-pattern.js";
export * from "./tracking/index.js";
export type {
  CommandInput,
  TransmitApduOptions,
  TransmitOptions,
  TransmitSyncOptions,
} from "./transmit.js";
export type { AtrMatch } from "./atr-match.js";
export type { WaitForCardOptions } from "./wait-for-card.js";
export type { WaitForRemovalOptions } from "./wait-for-removal.js";
export { whenServiceAvailable } from "./when-service-available.js";
export type { WhenServiceAvailableOptions } from "./when-service-available.js";
export type { Disposition, Initialization, Scope, ShareMode } from "./words.js";
