import type { CliIo } from "./io.js";

/** Paints text, or leaves it where colours are not wanted. */
export type Paint = (text: string) => string;

/** Colours and symbols for the place the output goes to. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
  readonly symbols: Symbols;
}

/** The signs in the output, each with a form in ASCII. */
export interface Symbols {
  readonly card: string;
  readonly empty: string;
  readonly problem: string;
  readonly command: string;
  readonly response: string;
  readonly rule: string;
  readonly ellipsis: string;
  readonly dash: string;
  readonly branch: string;
}

const unicode: Symbols = {
  card: "●",
  empty: "○",
  problem: "▲",
  command: "→",
  response: "←",
  rule: "─",
  ellipsis: "…",
  dash: "–",
  branch: "└",
};

const ascii: Symbols = {
  card: "*",
  empty: "o",
  problem: "!",
  command: ">",
  response: "<",
  rule: "-",
  ellipsis: "...",
  dash: "-",
  branch: "`",
};

/** The style for stdout. */
export function styleFor(io: Pick<CliIo, "env" | "isTTY" | "platform">): Style {
  const coloured = wantsColour(io.env, io.isTTY);
  const paint =
    (open: number, close: number): Paint =>
    (text) =>
      coloured && text !== "" ? `\u001b[${String(open)}m${text}\u001b[${String(close)}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
    symbols: wantsUnicode(io.env, io.platform) ? unicode : ascii,
  };
}

/** FORCE_COLOR decides before NO_COLOR, as in Node itself; then it takes a capable terminal. */
function wantsColour(env: CliIo["env"], isTTY: boolean): boolean {
  const force = env["FORCE_COLOR"];
  if (force !== undefined) {
    return force !== "0" && force !== "false";
  }
  const no = env["NO_COLOR"];
  if (no !== undefined && no !== "") {
    return false;
  }
  return isTTY && env["TERM"] !== "dumb";
}

function wantsUnicode(env: CliIo["env"], platform: NodeJS.Platform): boolean {
  if (env["TERM"] === "dumb") {
    return false;
  }
  if (platform === "win32") {
    // The old console's fonts lack the symbols; Windows Terminal and editors have them.
    return env["WT_SESSION"] !== undefined || env["TERM_PROGRAM"] === "vscode";
  }
  // An empty variable counts as unset, as in setlocale(3).
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find(
    (value) => (value ?? "") !== "",
  );
  return /utf-?8/i.test(locale ?? "");
}
