// What the addon brings for virtual readers and cards.
import type {
  HandlerCard,
  IsoCard,
  NativeCardRequest,
  NativeFault,
  NativeForeignOutcome,
  NativeIsoAccess,
  NativeIsoDescription,
  NativeIsoFile,
  NativePinEntry,
  NativeReaderOptions,
  NativeReaderSnapshot,
  NativeVpcdEvent,
  NativeVpcdOptions,
  VirtualSubsystem,
  VpcdBridge,
} from "../../binding.js";
import { loadBinding } from "../binding.js";

export type NativeSubsystem = VirtualSubsystem;
export type NativeHandlerCard = HandlerCard;
/** What a reader takes. */
export type NativeCard = HandlerCard | IsoCard;
export type NativeIsoCard = IsoCard;
export type NativeVpcdBridge = VpcdBridge;
export type { NativeIsoAccess, NativeIsoDescription, NativeIsoFile };
export type { NativeCardRequest, NativeFault, NativeReaderOptions, NativeReaderSnapshot };
export type { NativeForeignOutcome, NativePinEntry, NativeVpcdEvent };

/** The part of the addon that this folder uses. */
export interface VirtualBinding {
  readonly VirtualSubsystem: new (profile: "pcsclite" | "windows") => NativeSubsystem;
  readonly HandlerCard: new (
    atr: Uint8Array,
    handle: (requests: readonly NativeCardRequest[]) => void,
  ) => NativeHandlerCard;
  readonly IsoCard: new (description: NativeIsoDescription) => NativeIsoCard;
  readonly VpcdBridge: new (
    card: NativeCard,
    options: NativeVpcdOptions,
    handle: (events: readonly NativeVpcdEvent[]) => void,
  ) => NativeVpcdBridge;
}

/** The addon, as {@link loadBinding} loads it. */
export function virtualBinding(): VirtualBinding {
  // One addon; binding.d.ts declares all of it, the facade's interface a part.
  return loadBinding() as unknown as VirtualBinding;
}
