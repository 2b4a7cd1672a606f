import { inspectable } from "../inspect.js";
import { checkInteger } from "../arguments.js";
import { ResponseApdu } from "../iso7816/response-apdu.js";

/**
 * How a script ended: `"done"` after its last step; `"stopped"` by a status word of `stopWhen`;
 * `"asked"` by `stopSignal`; `"unexpected"` by a status word that the step does not expect;
 * `"broken"` by a step that failed.
 */
export type ScriptEnd = "done" | "stopped" | "asked" | "unexpected" | "broken";

/** What {@link ScriptResults} are made of. */
export interface ScriptResultsFields {
  readonly ended: ScriptEnd;
  readonly total: number;
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  readonly secret: ReadonlySet<number>;
}

/** The answers to a script's commands, in one buffer. Iterating gives them one by one. */
export class ScriptResults implements Iterable<Uint8Array> {
  /** How the script ended. */
  readonly ended: ScriptEnd;
  /** Number of steps that were answered. The last of them is the one that ended the script early. */
  readonly length: number;
  /** Number of steps the script has. */
  readonly total: number;
  readonly #bytes: Uint8Array;
  readonly #ends: Uint32Array;
  readonly #secret: ReadonlySet<number>;

  constructor(fields: ScriptResultsFields) {
    this.ended = fields.ended;
    this.length = fields.ends.length;
    this.total = fields.total;
    this.#bytes = fields.bytes;
    this.#ends = fields.ends;
    this.#secret = fields.secret;
    Object.freeze(this);
  }

  /** All answers, one behind the other, status words included. Not a copy. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * The answer to a step, status word included: a view of {@link ScriptResults.bytes}.
   *
   * @param step 0 to `length` - 1.
   */
  at(step: number): Uint8Array {
    checkInteger("step", step, 0, this.length - 1);
    const start = step === 0 ? 0 : this.#ends[step - 1];
    return this.#bytes.subarray(start, this.#ends[step]);
  }

  /** Status word of the answer to a step; 0 for an answer without one. */
  sw(step: number): number {
    const answer = this.at(step);
    return ((answer.at(-2) ?? 0) << 8) | (answer.length < 2 ? 0 : (answer.at(-1) ?? 0));
  }

  /**
   * The answer to a step as a value of its own.
   *
   * @throws {ApduError} for an answer without a status word.
   */
  response(step: number): ResponseApdu {
    return ResponseApdu.from(this.at(step), { secret: this.#secret.has(step) });
  }

  *[Symbol.iterator](): Generator<Uint8Array, void> {
    for (let step = 0; step < this.length; step += 1) {
      yield this.at(step);
    }
  }

  /** For `console.log`: no answer is shown. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { ended, length, total } = this;
    return inspectable("ScriptResults", { ended, length, total });
  }
}
