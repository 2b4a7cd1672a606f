// How the calls send a command and judge its answer.
import { StatusWordError } from "../../errors/status-word-error.js";
import type { CallOptions } from "../../limits.js";
import type { CommandApdu } from "../command-apdu.js";
import type { ResponseApdu } from "../response-apdu.js";

/**
 * What the calls need of a card: a way to send one command. It is expected to fetch what 61XX
 * announces and to repeat on 6CXX.
 */
export interface CommandSender {
  send(command: CommandApdu, options?: CallOptions): Promise<ResponseApdu>;
}

/** How a PIN, password or key was taken. */
export interface ReferenceDataResult {
  /** Whether the card accepted it; of a query, whether it is verified, or not needed. */
  readonly ok: boolean;
  /** Tries left where the card says so (63CX), 0 when blocked, else null. */
  readonly triesLeft: number | null;
  /** Whether it is blocked: no tries are left. */
  readonly blocked: boolean;
  /** SW1-SW2 as one number. */
  readonly sw: number;
  /** The same in words. */
  readonly meaning: string;
}

const blockedSw = 0x6983;

/** The answer, if the status word is 9000, 61XX or one of `alsoDone`. @throws {StatusWordError} */
export function requireDone(
  name: string,
  response: ResponseApdu,
  alsoDone: (sw: number) => boolean = () => false,
): ResponseApdu {
  if (!response.ok && !alsoDone(response.sw)) {
    throw new StatusWordError(name, response.sw);
  }
  return response;
}

/** Reads were cut short by the end of the file or record. */
export function isShortRead(sw: number): boolean {
  return sw === 0x6282;
}

/** Writes were done: the file is full now (6381), or the card needed several attempts (63CX). */
export function isWritten(sw: number): boolean {
  return sw === 0x6381 || (sw > 0x63c0 && sw <= 0x63cf);
}

/** Selected, and deactivated (6283), oddly described (6284) or terminated (6285). */
export function isSelected(sw: number): boolean {
  return sw === 0x6283 || sw === 0x6284 || sw === 0x6285;
}

/** @throws {StatusWordError} for anything but accepted, wrong (63XX) and blocked (6983). */
export function referenceDataResult(name: string, response: ResponseApdu): ReferenceDataResult {
  const { sw, status } = response;
  const wrong = sw === 0x6300 || status.retries !== undefined;
  if (!response.ok && !wrong && sw !== blockedSw) {
    throw new StatusWordError(name, sw);
  }
  const triesLeft = sw === blockedSw ? 0 : (status.retries ?? null);
  return Object.freeze({
    ok: response.ok,
    triesLeft,
    blocked: triesLeft === 0,
    sw,
    meaning: status.meaning,
  });
}
