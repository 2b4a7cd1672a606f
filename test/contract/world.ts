// What the contract suite needs from the readers it runs over.
import type { establishContext } from "../../lib/index.js";

export type EstablishOptions = NonNullable<Parameters<typeof establishContext>[0]>;

/** A reader's card; its commands are those of test/harness/test-card.mjs. */
export interface TestCard {
  /** ATR (hex) of the card that was put in, until it is taken out or told to die. */
  readonly inserted: string | undefined;
  insert(atr?: string): Promise<void>;
  remove(): Promise<void>;
  /** The card leaves at its next command without an answer. */
  die(): Promise<void>;
  /** The card leaves at its next command after that many bytes of the answer. */
  dieWithin(bytes: number): Promise<void>;
  /** The next answer is cut to that many bytes; the card stays. */
  truncate(bytes: number): Promise<void>;
  /** The next command gets no answer until `resume`, or until the card is taken out. */
  mute(): Promise<void>;
  resume(): Promise<void>;
  /** Settles when the card has executed a command from now on; `ins` is two hex digits. */
  commandSeen(ins?: string): Promise<void>;
}

export interface World {
  readonly options: EstablishOptions;
  /** 16 readers. */
  readonly readers: readonly string[];
  /** Longest message that fits between reader and card, either way; 65538 or more is no limit. */
  readonly longestMessage: number;
  card(index: number): TestCard;
  /** Ends the service; readers and cards stay for the next one. */
  stopService(how: "crash" | "shutdown"): Promise<void>;
  startService(): Promise<void>;
}

/** The world exists only while its tests run. */
export type WorldSource = () => World;
