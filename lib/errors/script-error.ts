import type { ScriptResults } from "../script/script-results.js";
import { ScardError } from "./scard-error.js";

/** Why a script ended early; see {@link ScriptError}. */
export type ScriptErrorCode = "ERR_SCARD_SCRIPT_UNEXPECTED_STATUS" | "ERR_SCARD_SCRIPT_BROKEN";

/**
 * A script ended before its last step. `code` is `ERR_SCARD_SCRIPT_UNEXPECTED_STATUS` (the step
 * expects other status words; its answer is the last of `results`) or `ERR_SCARD_SCRIPT_BROKEN` (the
 * step failed; `cause` is what `send` or `transmit` would have rejected with).
 */
export class ScriptError extends ScardError {
  declare readonly code: ScriptErrorCode;
  /** The step that ended the script, from 0. */
  readonly step: number;
  /** Name of the reader. */
  readonly reader: string;
  /** Everything that was answered until then. */
  readonly results: ScriptResults;

  constructor(
    code: ScriptErrorCode,
    fields: {
      readonly step: number;
      readonly reader: string;
      readonly results: ScriptResults;
      readonly what: string;
    },
    options?: ErrorOptions,
  ) {
    const { step, reader, results, what } = fields;
    const place = `Step ${String(step)} of ${String(results.total)} of a script`;
    super(
      code,
      `${place} on reader ${JSON.stringify(reader)} ${what} The card has executed the steps before ` +
        "it; their answers are in results.",
      options,
    );
    this.step = step;
    this.reader = reader;
    this.results = results;
  }
}
