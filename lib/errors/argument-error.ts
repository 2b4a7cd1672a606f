import { describeSecret, describeValue } from "./describe-value.js";

/** How a {@link ScardArgumentError} shows the value that was given. */
export interface ArgumentErrorOptions extends ErrorOptions {
  /** Show a string by its length alone. Default: false. Bytes are never shown either way. */
  readonly secret?: boolean;
}

/**
 * An argument or option is wrong. Thrown (or rejected with) before anything native runs, so no
 * card has seen the call.
 */
export class ScardArgumentError extends TypeError {
  readonly code = "ERR_SCARD_ARGUMENT";
  /** The argument or option, such as `"shareMode"` or `"command.p1"`. */
  readonly argument: string;
  /** What was given, described: bytes, arrays and objects by kind and size, never by content. */
  readonly value: string;
  /** What is allowed, as the end of a sentence: `"an integer from 0 to 255"`. */
  readonly expected: string;

  /**
   * @param argument Name as the caller knows it.
   * @param value The value itself; it is described, not kept.
   * @param expected What is allowed, to follow "must be".
   */
  constructor(
    argument: string,
    value: unknown,
    expected: string,
    options: ArgumentErrorOptions = {},
  ) {
    const { secret = false, ...errorOptions } = options;
    const given = secret ? describeSecret(value) : describeValue(value);
    super(`"${argument}" must be ${expected}; given ${given}.`, errorOptions);
    this.name = new.target.name;
    this.argument = argument;
    this.value = given;
    this.expected = expected;
  }
}
