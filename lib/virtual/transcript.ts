// What a transcript says, apart from how it is written.

/** A command of a transcript. */
export interface TranscriptCommand {
  readonly type: "command";
  /**
   * Header, length fields and data as sent; of a masked command the header and what follows the
   * data (the Le field), without Lc and data.
   */
  readonly bytes: Uint8Array;
  /** Whether data was masked: `bytes` holds 4 bytes of header and 0, 1 or 2 of Le. */
  readonly masked: boolean;
  /** The response, status word included; undefined for a card that did not answer. */
  readonly response: Uint8Array | undefined;
  /** Line of the command, from 1. */
  readonly line: number;
}

/** A reset or power cycle of the card. */
export interface TranscriptPower {
  readonly type: "reset" | "unpower";
  readonly line: number;
}

/** One step of a transcript. */
export type TranscriptStep = TranscriptCommand | TranscriptPower;

/** A card's side of a conversation, from {@link parseTranscript}. */
export interface Transcript {
  readonly atr: Uint8Array;
  /** The protocol spoken; undefined when the transcript does not say. */
  readonly protocol: "t0" | "t1" | "raw" | undefined;
  readonly steps: readonly TranscriptStep[];
}

/** Stands for masked data. */
export const secretMark = "[secret]";
