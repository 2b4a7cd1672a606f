/**
 * Text from outside (a reader's name, a file's path) made safe for a terminal: control characters,
 * which could move the cursor or hide what follows, become `?`.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?");
}

/** Columns that text takes on a terminal. Colours count nothing. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of stripColours(text)) {
    width += characterWidth(character);
  }
  return width;
}

/** Text cut to `columns`, with an ellipsis in place of what is gone. Colours survive. */
export function cutText(text: string, columns: number, ellipsis: string): string {
  if (textWidth(text) <= columns) {
    return text;
  }
  if (columns <= textWidth(ellipsis)) {
    return ellipsis.slice(0, Math.max(0, columns));
  }
  const room = columns - textWidth(ellipsis);
  let width = 0;
  let cut = "";
  for (const part of text.split(colour)) {
    if (isColour(part)) {
      cut += part;
      continue;
    }
    for (const character of part) {
      width += characterWidth(character);
      if (width <= room) {
        cut += character;
      }
    }
  }
  return cut + ellipsis;
}

const escape = String.fromCharCode(0x1b);
const colour = new RegExp(`(${escape}\\[[0-9;]*m)`);

function isColour(part: string): boolean {
  return part.startsWith(`${escape}[`) && part.endsWith("m");
}

function stripColours(text: string): string {
  return text
    .split(colour)
    .filter((part) => !isColour(part))
    .join("");
}

const zeroWidth = /^[\p{Mn}\p{Me}]$/u;
const doubleWidth =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6\p{Emoji_Presentation}]$/u;
/** Of those scripts, and narrow: halfwidth Katakana and Hangul. */
const halfWidth = /^[\uFF61-\uFFDC]$/u;

/** Combining marks take no column; East Asian wide letters (UAX 11) and emoji take two. */
function characterWidth(character: string): number {
  if (zeroWidth.test(character)) {
    return 0;
  }
  return doubleWidth.test(character) && !halfWidth.test(character) ? 2 : 1;
}

/** A length of a terminal in characters; one that does not know its size says 0, or nothing. */
export function terminalLength(told: number | undefined, usual: number): number {
  return told === undefined || told < 1 ? usual : told;
}
