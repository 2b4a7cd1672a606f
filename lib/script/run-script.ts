// How a card or a transaction runs a script.
import type { NativeScriptOutcome } from "../../binding.js";
import { checkBoolean, checkFunction, checkOptions, checkSignal } from "../arguments.js";
import { hexWord } from "../bytes.js";
import type { CardAccess } from "../exchange-calls.js";
import type { CardConnection } from "../connection.js";
import { ScriptError } from "../errors/script-error.js";
import type { SendInput } from "../framing.js";
import { type CallOptions, Limits, callOptionKeys } from "../limits.js";
import { PendingExchange } from "../pending-exchange.js";
import {
  ApduScript,
  type ApduScriptOptions,
  type PackedScript,
  type ScriptStep,
  scriptKeys,
  unpackScript,
} from "./apdu-script.js";
import { ScriptFollower } from "./script-follower.js";
import { type ScriptEnd, ScriptResults } from "./script-results.js";

/** How far a script is. */
export interface ScriptProgress {
  /** Steps that were answered. */
  readonly done: number;
  readonly total: number;
}

/** Options of `runScript`. Those of `ApduScriptOptions` only where steps are given. */
export interface RunScriptOptions extends ApduScriptOptions, CallOptions {
  /**
   * Whether the card's lock is held from the first step to the last. Default: false. Inside a
   * transaction it changes nothing.
   */
  readonly transaction?: boolean | undefined;
  /**
   * Called about every 50 ms with how far the script is, and at its end. What it throws stops the
   * script after the step under way and rejects. Costs the script nothing where it is left out.
   */
  readonly onProgress?: ((progress: ScriptProgress) => void) | undefined;
  /**
   * Ends the script after the step under way when it aborts, which is no error: the promise resolves
   * with the answers so far and `ended: "asked"`. `signal` instead rejects at once.
   */
  readonly stopSignal?: AbortSignal | undefined;
}

/** What `runScript` runs. */
export type ScriptInput = ApduScript | readonly (ScriptStep | SendInput)[];

const runKeys = ["transaction", "onProgress", "stopSignal", ...callOptionKeys] as const;
const allKeys = [...runKeys, ...scriptKeys] as const;

interface Run {
  readonly packed: PackedScript;
  readonly total: number;
  readonly transaction: boolean;
  readonly onProgress: ((progress: ScriptProgress) => void) | undefined;
  readonly stopSignal: AbortSignal | undefined;
  readonly limits: Limits | undefined;
}

function checkRun(input: ScriptInput, options: RunScriptOptions | undefined): Run {
  const given = checkOptions("options", options, input instanceof ApduScript ? runKeys : allKeys);
  const script = input instanceof ApduScript ? input : compile(input, given);
  return {
    packed: unpackScript(script),
    total: script.length,
    transaction: checkBoolean("transaction", given.transaction ?? false),
    onProgress:
      given.onProgress === undefined
        ? undefined
        : checkFunction("onProgress", given.onProgress as (progress: ScriptProgress) => void),
    stopSignal: checkSignal("stopSignal", given.stopSignal),
    limits: Limits.from(given),
  };
}

function compile(steps: readonly (ScriptStep | SendInput)[], options: object): ApduScript {
  const mine = Object.entries(options).filter(([key]) =>
    (scriptKeys as readonly string[]).includes(key),
  );
  return new ApduScript(steps, Object.fromEntries(mine));
}

/** @throws Whatever is wrong with the arguments, before anything runs. */
// Not async, like Dispatcher.run: one promise for one script.
// eslint-disable-next-line @typescript-eslint/promise-function-async
export function runScript(
  access: CardAccess,
  input: ScriptInput,
  options: RunScriptOptions | undefined,
): Promise<ScriptResults> {
  const run = checkRun(input, options);
  const { packed, total, limits } = run;
  const { framing } = packed;
  const flags = framing.flags | (run.transaction ? 1 << 7 : 0);
  const { connection, enter, group } = access;
  const lane = enter();
  const followed = run.onProgress !== undefined || run.stopSignal !== undefined;
  const follower = followed ? new ScriptFollower(total, run.onProgress, run.stopSignal) : undefined;
  const exchange = new ScriptExchange(connection, group, run, follower);
  const done = connection.exchanges.runScript(
    exchange,
    lane,
    packed,
    flags === framing.flags ? framing : { ...framing, flags },
    limits,
    follower?.follow,
  );
  return follower === undefined
    ? done
    : done.finally(() => {
        follower.leave();
      });
}

class ScriptExchange extends PendingExchange<ScriptResults> {
  readonly #connection: CardConnection;
  readonly #run: Run;
  readonly #follower: ScriptFollower | undefined;

  constructor(
    connection: CardConnection,
    group: object | undefined,
    run: Run,
    follower: ScriptFollower | undefined,
  ) {
    super(connection, group);
    this.#connection = connection;
    this.#run = run;
    this.#follower = follower;
  }

  protected override countOf(outcome: NativeScriptOutcome | ArrayBuffer): number {
    return outcome instanceof ArrayBuffer ? this.#run.total : outcome.ends.length;
  }

  protected override finish(outcome: NativeScriptOutcome | ArrayBuffer): ScriptResults {
    const { packed, total } = this.#run;
    const found = outcome instanceof ArrayBuffer ? doneOutcome(outcome, total) : outcome;
    this.#follower?.end(found.ends.length);
    return resultsOf(found, packed, total, this.#connection);
  }
}

/** What came of a script, in whichever form. */
interface Outcome extends Omit<NativeScriptOutcome, "end"> {
  readonly end: ScriptEnd;
}

function doneOutcome(block: ArrayBuffer, total: number): Outcome {
  const answers = new Uint8Array(block, total * Uint32Array.BYTES_PER_ELEMENT);
  return { end: "done", answers, ends: new Uint32Array(block, 0, total) };
}

function resultsOf(
  outcome: Outcome,
  { secret }: PackedScript,
  total: number,
  connection: CardConnection,
): ScriptResults {
  const { end, answers, ends, broken } = outcome;
  const results = new ScriptResults({ ended: end, total, bytes: answers, ends, secret });
  const { reader } = connection;
  if (end === "unexpected") {
    const step = results.length - 1;
    const what = `was answered ${hexWord(results.sw(step))}, which it does not expect.`;
    throw new ScriptError("ERR_SCARD_SCRIPT_UNEXPECTED_STATUS", { step, reader, results, what });
  }
  if (broken !== undefined) {
    const cause = connection.brokenExchange(broken);
    const what = `failed: ${cause.message}`;
    const fields = { step: results.length, reader, results, what };
    throw new ScriptError("ERR_SCARD_SCRIPT_BROKEN", fields, { cause });
  }
  return results;
}
