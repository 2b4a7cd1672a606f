// Where something stands in a JSON text. Only for errors, so it takes its time: JSON.parse tells no
// positions, and not even the same words in every version of Node.

/** No database has as many levels; a text with thousands would exhaust the stack. */
const deepest = 32;

/** Where a value stands, or where the text stops being JSON. */
export interface JsonPosition {
  readonly offset: number;
  readonly problem: string;
}

/**
 * Where a key stands for the second time in one object, of which JSON.parse would drop the first.
 *
 * @param value What JSON.parse made of the text.
 */
export function findDoubleKey(text: string, value: unknown): JsonPosition | undefined {
  // A key is a quotation mark and a colon. As many as there are keys: none was dropped.
  if (!/"[ \t\r\n]+:/.test(text) && countOf('":', text) === keyCount(value)) {
    return undefined;
  }
  const position = locate(text, [], true);
  return position.problem === "" ? undefined : position;
}

function countOf(part: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) {
    count += 1;
  }
  return count;
}

/** @returns NaN, which equals nothing, for a value of too many levels. */
function keyCount(value: unknown, depth = 0): number {
  let count = 0;
  if (depth > deepest) {
    return NaN;
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      count += keyCount(item, depth + 1);
    }
  } else if (typeof value === "object") {
    // What JSON.parse made has no keys but its own.
    for (const key in value) {
      count += 1 + keyCount((value as Readonly<Record<string, unknown>>)[key], depth + 1);
    }
  }
  return count;
}

class Unexpected extends Error {
  readonly position: JsonPosition;

  constructor(offset: number, problem: string) {
    super(problem);
    this.position = { offset, problem };
  }
}

/**
 * @param path Keys and indices from the root to the value.
 * @param once Whether a key that an object has twice is a problem.
 */
export function locate(
  text: string,
  path: readonly (string | number)[],
  once = false,
): JsonPosition {
  const scan = new Scan(text, path, once);
  try {
    scan.value();
    scan.end();
    return { offset: scan.found, problem: "" };
  } catch (error) {
    if (error instanceof Unexpected) {
      return error.position;
    }
    throw error;
  }
}

const stringPattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const atomPattern = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const spacePattern = /[ \t\r\n]*/y;

class Scan {
  /** Where the place of the path, or the last place on the way to it, begins. */
  found = 0;
  #at = 0;
  readonly #text: string;
  readonly #path: readonly (string | number)[];
  readonly #once: boolean;

  constructor(text: string, path: readonly (string | number)[], once: boolean) {
    this.#text = text;
    this.#path = path;
    this.#once = once;
  }

  value(depth = 0, onPath = true): void {
    this.#space();
    if (onPath) {
      this.found = this.#at;
    }
    if (depth > deepest) {
      throw new Unexpected(this.#at, "it is nested too deeply");
    }
    const leads = (key: string | number): boolean => onPath && this.#path[depth] === key;
    const first = this.#text[this.#at];
    if (first === "{") {
      const keys = new Set<string>();
      this.#list("}", () => {
        const at = this.#at;
        const key = this.#key();
        if (this.#once && keys.has(key)) {
          throw new Unexpected(at, `the key ${JSON.stringify(key)} is there twice`);
        }
        keys.add(key);
        this.value(depth + 1, leads(key));
      });
    } else if (first === "[") {
      let index = 0;
      this.#list("]", () => {
        this.value(depth + 1, leads(index));
        index += 1;
      });
    } else if (first === '"') {
      this.#take(stringPattern, "a text that ends on its line");
    } else {
      this.#take(atomPattern, "a value");
    }
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) {
      throw new Unexpected(this.#at, "there is something behind the end");
    }
  }

  #list(close: string, item: () => void): void {
    this.#at += 1;
    this.#space();
    if (this.#text[this.#at] === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#space();
      item();
      this.#space();
      const next = this.#text[this.#at];
      if (next !== "," && next !== close) {
        throw new Unexpected(this.#at, `expected "," or "${close}"`);
      }
      this.#at += 1;
      if (next === close) {
        return;
      }
    }
  }

  #key(): string {
    const key = this.#take(stringPattern, 'a key in "quotes"');
    this.#space();
    this.#take(/:/y, '":"');
    return JSON.parse(key) as string;
  }

  #space(): void {
    spacePattern.lastIndex = this.#at;
    this.#at += spacePattern.exec(this.#text)?.[0].length ?? 0;
  }

  #take(pattern: RegExp, expected: string): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) {
      throw new Unexpected(this.#at, `expected ${expected}`);
    }
    this.#at += found.length;
    return found;
  }
}
