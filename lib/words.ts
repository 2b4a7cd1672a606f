// The facade's words for PC/SC's numbers: scope, share mode, disposition, initialization.
import { checkOneOf } from "./arguments.js";

/**
 * Where a context's database operations take place: SCARD_SCOPE_USER, _TERMINAL, _SYSTEM. pcsclite
 * and macOS treat all three alike.
 */
export type Scope = "user" | "terminal" | "system";

/**
 * Who else may use the card while it is connected: SCARD_SHARE_SHARED, _EXCLUSIVE, _DIRECT.
 * `"direct"` connects to the reader with or without a card; on Windows it is exclusive as well,
 * with pcsclite it is shared.
 */
export type ShareMode = "shared" | "exclusive" | "direct";

/**
 * What becomes of the card when a connection or transaction ends: SCARD_LEAVE_CARD, _RESET_CARD,
 * _UNPOWER_CARD, _EJECT_CARD. Few readers can eject a card.
 */
export type Disposition = "leave" | "reset" | "unpower" | "eject";

/** What a reconnection does to the card first: SCARD_LEAVE_CARD, _RESET_CARD, _UNPOWER_CARD. */
export type Initialization = "leave" | "reset" | "unpower";

const scopes: Readonly<Record<Scope, number>> = { user: 0, terminal: 1, system: 2 };
const shareModes: Readonly<Record<ShareMode, number>> = { shared: 2, exclusive: 1, direct: 3 };
const dispositions: Readonly<Record<Disposition, number>> = {
  leave: 0,
  reset: 1,
  unpower: 2,
  eject: 3,
};
const initializations: readonly Initialization[] = ["leave", "reset", "unpower"];

function checkWord<Word extends string>(
  name: string,
  value: unknown,
  words: Readonly<Record<Word, number>>,
): Word {
  return checkOneOf(name, value, Object.keys(words) as Word[]);
}

export function checkScope(value: unknown): number {
  return scopes[checkWord("scope", value, scopes)];
}

export function checkShareMode(value: unknown): ShareMode {
  return checkWord("shareMode", value, shareModes);
}

export function checkDisposition(value: unknown): Disposition {
  return checkWord("disposition", value, dispositions);
}

export function checkInitialization(value: unknown): Initialization {
  return checkOneOf("initialization", value, initializations);
}

/** dwShareMode. */
export function shareModeNumber(mode: ShareMode): number {
  return shareModes[mode];
}

/** dwDisposition, and dwInitialization, which numbers its words alike. */
export function dispositionNumber(disposition: Disposition): number {
  return dispositions[disposition];
}
