// A script: commands and what they must be answered, packed once for any number of runs.
import { checkBoolean, checkOneOf, checkOptions } from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import {
  type CheckedCommand,
  type FramingOptions,
  type NativeFraming,
  type SendInput,
  checkFraming,
  checkSendCommand,
  framingKeys,
} from "../framing.js";
import { inspectable } from "../inspect.js";
import { CommandApdu, type CommandApduFields } from "../iso7816/command-apdu.js";
import {
  type StatusMask,
  type StatusPattern,
  checkStatusPatterns,
} from "../iso7816/status-pattern.js";
import { checkCommand } from "../transmit.js";

/** One command of a script. */
export interface ScriptStep {
  /** As for `send`; with `raw`, as for `transmit`. Copied. */
  readonly command: SendInput;
  /** Status words that the answer may have; another one ends the script with an error. */
  readonly expect?: StatusPattern | readonly StatusPattern[] | undefined;
  /** One `SCardTransmit`, the command and the answer as they are. Default: the script's. */
  readonly raw?: boolean | undefined;
  /** For raw steps: as in `TransmitOptions.statusWord`. Default: `"required"`. */
  readonly statusWord?: "required" | "any" | undefined;
}

/** Options of {@link ApduScript}. */
export interface ApduScriptOptions extends FramingOptions {
  /** For steps that say nothing themselves. Default: any status word will do. */
  readonly expect?: StatusPattern | readonly StatusPattern[] | undefined;
  /** Status words after which the script ends early, which is no error. Default: none. */
  readonly stopWhen?: StatusPattern | readonly StatusPattern[] | undefined;
  /** Whether steps are raw unless they say otherwise. Default: false, they are framed. */
  readonly raw?: boolean | undefined;
}

export const scriptKeys = ["expect", "stopWhen", "raw", ...framingKeys] as const;
const stepKeys = ["command", "expect", "raw", "statusWord"] as const;

const mostSteps = 1_000_000;
const mostBytes = 268_435_456;

/** What the native call takes. */
export interface PackedScript {
  readonly commands: Uint8Array;
  readonly plan: Uint32Array;
  readonly framing: NativeFraming;
  /** Steps whose answers are secret. */
  readonly secret: ReadonlySet<number>;
}

let unpack: (script: ApduScript) => PackedScript;

/**
 * Commands to run one after the other as one native job, with `runScript`. Made once, checked once,
 * run any number of times. Immutable. It holds its commands, PINs and keys included, until it is
 * collected.
 */
export class ApduScript {
  /** Number of steps. */
  readonly length: number;
  readonly #packed: PackedScript;

  static {
    unpack = (script) => script.#packed;
  }

  /**
   * @param steps 1 to 1 000 000 commands, of 268 435 456 bytes in all: steps, or what `send` takes.
   * @throws {ScardArgumentError} for a wrong step or option.
   * @throws {ApduError} when the bytes of a framed step are no command.
   */
  constructor(steps: readonly (ScriptStep | SendInput)[], options?: ApduScriptOptions) {
    const given = checkOptions("options", options, scriptKeys);
    const list: unknown = steps;
    if (!Array.isArray(list) || list.length === 0 || list.length > mostSteps) {
      throw new ScardArgumentError("steps", list, `an array of 1 to ${String(mostSteps)} steps`);
    }
    const raw = checkBoolean("raw", given.raw ?? false);
    const expected = checkStatusPatterns("expect", given.expect);
    const stops = checkStatusPatterns("stopWhen", given.stopWhen).map(word);
    const framing = checkFraming(given);
    const packed = steps.map((step) => packStep(step, raw, expected));
    const secret = new Set(packed.flatMap((step, index) => (step.secret ? [index] : [])));
    const plan = Uint32Array.from(
      [stops.length, ...stops].concat(...packed.map((one) => one.plan)),
    );
    this.length = packed.length;
    this.#packed = { commands: joined(packed), plan, framing, secret };
    Object.freeze(this);
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspectable("ApduScript", { length: this.length });
  }
}

/** What a script is made of. */
export function unpackScript(script: ApduScript): PackedScript {
  return unpack(script);
}

/** The commands of a script, in views of it. */
export function scriptCommands(script: ApduScript): readonly CheckedCommand[] {
  const { commands, plan, secret } = unpack(script);
  const found: CheckedCommand[] = [];
  let place = 1 + (plan[0] ?? 0);
  let offset = 0;
  for (let index = 0; index < script.length; index += 1) {
    const [length = 0, flags = 0] = plan.subarray(place, place + 2);
    found.push({ bytes: commands.subarray(offset, offset + length), secret: secret.has(index) });
    offset += length;
    place += 2 + (flags >>> 8);
  }
  return found;
}

interface PackedStep extends CheckedCommand {
  readonly plan: readonly number[];
}

function packStep(
  step: ScriptStep | SendInput,
  rawByDefault: boolean,
  expectedByDefault: readonly StatusMask[],
): PackedStep {
  const { command, expect, raw, statusWord } = isStep(step)
    ? checkOptions("step", step, stepKeys)
    : { command: step };
  const isRaw = raw === undefined ? rawByDefault : checkBoolean("raw", raw);
  const needed = checkOneOf("statusWord", statusWord ?? "required", ["required", "any"]);
  const checked = isRaw ? checkRaw(command) : checkSendCommand(command);
  const patterns = expect === undefined ? expectedByDefault : checkStatusPatterns("expect", expect);
  const flags = (isRaw ? 1 : 0) | (needed === "any" ? 2 : 0) | (patterns.length << 8);
  return { ...checked, plan: [checked.bytes.length, flags, ...patterns.map(word)] };
}

function isStep(step: ScriptStep | SendInput): step is ScriptStep {
  return typeof step === "object" && (step as object | null) !== null && "command" in step;
}

function checkRaw(command: unknown): CheckedCommand {
  const isFields = typeof command === "object" && command !== null && "cla" in command;
  const apdu =
    isFields && !(command instanceof CommandApdu)
      ? new CommandApdu(command as CommandApduFields)
      : command;
  const bytes = checkCommand(apdu);
  return { bytes, secret: apdu instanceof CommandApdu && apdu.secret };
}

function word({ value, mask }: StatusMask): number {
  return ((value << 16) | mask) >>> 0;
}

function joined(steps: readonly CheckedCommand[]): Uint8Array {
  const length = steps.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (length > mostBytes) {
    throw new ScardArgumentError("steps", steps, `at most ${String(mostBytes)} bytes in all`);
  }
  const commands = new Uint8Array(length);
  let offset = 0;
  for (const { bytes } of steps) {
    commands.set(bytes, offset);
    offset += bytes.length;
  }
  return commands;
}
