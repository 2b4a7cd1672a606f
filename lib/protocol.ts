import { checkOneOf } from "./arguments.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import type { PcscCode, UnknownPcscCode } from "./errors/codes.js";
import { PcscError } from "./errors/pcsc-error.js";
import type { ShareMode } from "./words.js";

/** A transmission protocol: SCARD_PROTOCOL_T0, _T1, _RAW, _T15. */
export type Protocol = "t0" | "t1" | "raw" | "t15";

/** As binding.d.ts numbers them on every platform. */
const bits: Readonly<Record<Protocol, number>> = { t0: 1, t1: 2, raw: 4, t15: 8 };
const words = Object.keys(bits) as readonly Protocol[];

const defaultProtocols: readonly Protocol[] = ["t0", "t1"];

export function checkProtocol(name: string, value: unknown): Protocol {
  return checkOneOf(name, value, words);
}

/** A list of protocols; by default T=0 and T=1, or none for a direct connection. */
export function checkProtocols(value: unknown, shareMode: ShareMode): readonly Protocol[] {
  if (value === undefined) {
    return shareMode === "direct" ? [] : defaultProtocols;
  }
  if (!Array.isArray(value)) {
    throw new ScardArgumentError("protocols", value, "an array of protocols");
  }
  if (value.length === 0 && shareMode !== "direct") {
    throw new ScardArgumentError(
      "protocols",
      value,
      'an array of at least one protocol (only shareMode "direct" takes none)',
    );
  }
  return [...new Set(value.map((word: unknown) => checkProtocol("protocols", word)))];
}

export function protocolBit(protocol: Protocol): number {
  return bits[protocol];
}

export function protocolBits(protocols: readonly Protocol[]): number {
  return protocols.reduce((sum, protocol) => sum | bits[protocol], 0);
}

/** The protocol in use; null for none (0), as in a direct connection without one. */
export function protocolWord(bit: number): Protocol | null {
  return words.find((word) => (bits[word] & bit) !== 0) ?? null;
}

/**
 * What to ask for, one after the other, until a card agrees: all protocols at once, then each alone
 * in the order given. Only where T=0 and T=1 were both asked for: some cards and readers refuse the
 * pair, though they take one of them.
 */
export function protocolAttempts(protocols: readonly Protocol[]): readonly number[] {
  const pair = protocols.includes("t0") && protocols.includes("t1");
  return [protocolBits(protocols), ...(pair ? protocols.map(protocolBit) : [])];
}

/** Failures after which the next of {@link protocolAttempts} can succeed. */
const protocolFailures: ReadonlySet<PcscCode | UnknownPcscCode> = new Set<PcscCode>([
  "SCARD_E_PROTO_MISMATCH",
  "SCARD_W_UNRESPONSIVE_CARD",
  "SCARD_W_UNSUPPORTED_CARD",
  "SCARD_E_CARD_UNSUPPORTED",
  "SCARD_E_INVALID_VALUE",
]);

/**
 * Makes `attempt` with the bits of one attempt after the other until one succeeds. A failure that
 * is not about the protocol ends it. If none succeeds the error is the first attempt's, whose
 * `cause` is an `AggregateError` of the others'.
 */
export async function tryProtocols<Value>(
  protocols: readonly Protocol[],
  attempt: (protocols: number) => Promise<Value>,
): Promise<Value> {
  const failures: Error[] = [];
  for (const wanted of protocolAttempts(protocols)) {
    try {
      return await attempt(wanted);
    } catch (error) {
      if (!isProtocolFailure(error)) {
        throw error;
      }
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (first !== undefined && others.length > 0) {
    const cause = new AggregateError(others, "Each protocol alone failed too.");
    Object.defineProperty(first, "cause", { value: cause, configurable: true, writable: true });
  }
  throw first ?? new RangeError("no protocol was tried");
}

function isProtocolFailure(error: unknown): error is PcscError {
  return error instanceof PcscError && protocolFailures.has(error.code);
}
