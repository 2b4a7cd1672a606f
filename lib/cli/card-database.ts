// What the commands use of the smart card database; `context.database` of the package fits.
import { toHex } from "../bytes.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { PcscError } from "../errors/pcsc-error.js";
import { exitCode } from "./exit-code.js";
import { CliError } from "./failure.js";
import type { CliCallOptions } from "./io.js";

/** A card type as it is shown. */
export interface CliCardType {
  readonly name: string;
  readonly atr: Uint8Array | null;
  readonly mask: Uint8Array | null;
  readonly interfaces: readonly string[];
  readonly primaryProvider: string | null;
  readonly providers: Readonly<Record<string, string>>;
}

/** What is introduced. */
export interface CliCardTypeFields {
  readonly name: string;
  readonly atr?: string | undefined;
  readonly mask?: string | undefined;
  readonly interfaces?: readonly string[] | undefined;
  readonly primaryProvider?: string | undefined;
  readonly providers?: Readonly<Record<string, string>> | undefined;
}

export interface CliDatabase {
  listCardTypes(
    query?: {
      readonly atr?: string | Uint8Array;
      readonly interfaces?: readonly string[];
    } & CliCallOptions,
  ): Promise<readonly string[]>;
  cardType(name: string, options?: CliCallOptions): Promise<CliCardType>;
  introduceCardType(
    type: CliCardTypeFields,
    options?: { readonly replace?: boolean } & CliCallOptions,
  ): Promise<void>;
  forgetCardType(name: string, options?: CliCallOptions): Promise<void>;
  introduceReader(name: string, device: string, options?: CliCallOptions): Promise<void>;
  forgetReader(name: string, options?: CliCallOptions): Promise<void>;
  introduceReaderGroup(group: string, options?: CliCallOptions): Promise<void>;
  forgetReaderGroup(group: string, options?: CliCallOptions): Promise<void>;
  addReaderToGroup(reader: string, group: string, options?: CliCallOptions): Promise<void>;
  removeReaderFromGroup(reader: string, group: string, options?: CliCallOptions): Promise<void>;
  export(options?: CliCallOptions): Promise<string>;
  import(text: string, options?: { readonly replace?: boolean } & CliCallOptions): Promise<void>;
}

/** A card type for JSON documents. */
export function cardTypeJson({ atr, mask, ...rest }: CliCardType): object {
  const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : toHex(bytes));
  return { ...rest, atr: hex(atr), mask: hex(mask) };
}

/** Makes a call whose arguments came from the command line: wrong ones are the caller's mistake. */
export async function asked<Value>(call: () => Promise<Value>): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ScardArgumentError) {
      throw new CliError(exitCode.usage, error.message);
    }
    if (error instanceof PcscError && usageCodes.has(error.code)) {
      throw new CliError(exitCode.usage, describe(error));
    }
    throw error;
  }
}

const usageCodes: ReadonlySet<string> = new Set([
  "SCARD_E_INVALID_VALUE",
  "SCARD_E_INVALID_ATR",
  "SCARD_E_INVALID_PARAMETER",
]);

function describe({ code, message, cause }: PcscError): string {
  return cause instanceof Error ? `${cause.message} (${code})` : message;
}
