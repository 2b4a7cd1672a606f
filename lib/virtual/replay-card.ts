import { checkOneOf, checkOptions } from "../arguments.js";
import { Replay, type ReplayOrder } from "./replay.js";
import { parseTranscript } from "./transcript-parser.js";
import type { Transcript } from "./transcript.js";
import { VirtualCard, type VirtualCardOptions } from "./virtual-card.js";

/** Options of {@link ReplayCard}. */
export interface ReplayCardOptions {
  /**
   * `"strict"` (default): commands come in the transcript's order. `"lenient"`: in any order; one
   * that comes more often than in the transcript gets its last response again.
   */
  readonly order?: ReplayOrder | undefined;
  /** Answer to a command that the transcript does not have. Default: 0x6F00. */
  readonly onError?: VirtualCardOptions["onError"];
  /** As for {@link VirtualCard}: told of each command that the transcript does not have. */
  readonly report?: VirtualCardOptions["report"];
}

/**
 * A card that answers from a transcript, such as one that {@link recordCard} wrote. Inserting it or
 * powering it up begins the transcript anew. Each departure is in {@link VirtualCard.errors}, a
 * {@link ReplayError} as its `cause`.
 */
export class ReplayCard extends VirtualCard {
  readonly #replay: Replay;

  /**
   * @param transcript Its text, or what {@link parseTranscript} made of it.
   * @throws {TranscriptError} with line and column when the text cannot be read.
   */
  constructor(transcript: string | Transcript, options?: ReplayCardOptions) {
    const given = checkOptions("options", options, ["order", "onError", "report"]);
    const order = checkOneOf("order", given.order ?? "strict", ["strict", "lenient"]);
    const parsed = typeof transcript === "string" ? parseTranscript(transcript) : transcript;
    const replay = new Replay(parsed, order);
    super({
      atr: parsed.atr,
      raw: true,
      handler: (command) => replay.answer(command) ?? "mute",
      onPower: (event) => {
        replay.power(event);
      },
      onError: options?.onError,
      report: options?.report,
    });
    this.#replay = replay;
  }

  /** Commands of the transcript that have not come since the last power-up. */
  get remaining(): number {
    return this.#replay.remaining;
  }
}
