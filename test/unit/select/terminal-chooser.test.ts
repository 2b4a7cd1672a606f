// The chooser in a terminal, and where there is none, over a selection that the test feeds.
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { terminalChooser } from "scard";
import { createSelection, type SelectionEntry } from "../../../lib/select/selection.js";
import { readerState } from "../../../lib/reader-state.js";

type Selection = ReturnType<typeof createSelection>;

class Terminal extends PassThrough {
  readonly isTTY = true;
  isRaw = false;
  columns = 60;
  rows = 20;
  readonly modes: boolean[] = [];

  setRawMode(raw: boolean): this {
    this.modes.push(raw);
    this.isRaw = raw;
    return this;
  }
}

function entry(reader: string, cardTypes: readonly string[] | undefined): SelectionEntry {
  const present = cardTypes !== undefined;
  const atr = present ? Uint8Array.of(0x3b, 0x00) : new Uint8Array(0);
  const state = readerState({ reader, eventState: present ? 0x20 : 0x10, atr });
  const matches = (cardTypes?.length ?? 0) > 0;
  return { reader, state, atr: state.atr, cardTypes: cardTypes ?? [], matches, pending: false };
}

/** The last picture, without colours. */
function picture(output: PassThrough): string {
  const written = String(output.read() ?? "");
  const last = written.split("\u001b[J").at(-1) ?? "";
  return last.replaceAll(/\u001b\[[0-9;?]*[a-zA-Z]/g, "");
}

const env = { ...process.env };
let selection: Selection;
let input: Terminal;
let output: Terminal;

beforeEach(() => {
  Object.assign(process.env, { LANG: "en_US.UTF-8", LC_ALL: "", NO_COLOR: "1" });
  delete process.env["FORCE_COLOR"];
  selection = createSelection("Select Card:", "Please insert a smart card");
  selection.update([entry("Empty", undefined), entry("Bank reader", ["Bank"]), entry("Other", [])]);
  input = new Terminal();
  output = new Terminal();
});

afterEach(() => {
  process.env = { ...env };
});

const tick = async (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Runs the chooser, types, and gives the decision. */
async function type(...keys: readonly string[]): Promise<unknown> {
  const decision = selection.decision();
  const shown = terminalChooser({ input, output })(selection);
  for (const key of keys) {
    input.write(key);
    // A lone escape is told from the beginning of an arrow key by the time that passes after it.
    await tick();
  }
  const outcome = await decision;
  selection.end();
  await shown;
  return outcome;
}

describe("in a terminal", () => {
  test("shows every reader, what is in it, and which is taken by Enter", async () => {
    void terminalChooser({ input, output })(selection);
    expect(
      picture(output)
        .split("\n")
        .map((line) => line.trimEnd()),
    ).toEqual([
      "Select Card:",
      "─".repeat(59),
      "  ○ 1 Empty        no card",
      "→ ● 2 Bank reader  Bank",
      "  ● 3 Other        another card",
      "─".repeat(59),
      "up/down move  –  Enter takes  –  Esc cancels",
      "",
    ]);
    expect(input.isRaw).toBe(true);
    selection.end();
    await tick();
    expect([input.isRaw, picture(output)]).toEqual([false, ""]);
  });

  test("follows what is inserted and removed, and says what it waits for", async () => {
    void terminalChooser({ input, output })(selection);
    selection.update([entry("Empty", undefined)]);
    expect(picture(output)).toContain("Please insert a smart card");
    selection.update([entry("Empty", ["Bank"])], new Error("The card left"));
    const now = picture(output);
    expect(now).toContain("→ ● 1 Empty  Bank");
    expect(now).toContain("▲ The card left");
    selection.update([]);
    expect(picture(output)).toContain("No reader. Connect one.");
    selection.end();
    await tick();
  });

  test("cuts what is wider than the terminal, so that its picture stays in place", async () => {
    output.columns = 20;
    void terminalChooser({ input, output })(selection);
    for (const line of picture(output).split("\n")) expect(line.length).toBeLessThan(20);
    output.columns = 60;
    output.emit("resize");
    expect(picture(output)).toContain("another card");
    selection.end();
    await tick();
    expect(output.listenerCount("resize")).toBe(0);
  });

  test("takes a terminal that does not know its size for a usual one", () => {
    output.columns = 0;
    output.rows = 0;
    void terminalChooser({ input, output })(selection);
    expect(picture(output)).toContain("→ ● 2 Bank reader  Bank");
    selection.end();
  });

  test("makes control characters of a reader's name harmless", async () => {
    selection.update([entry("Evil\u001b[2J", ["Bank\u0007"])]);
    void terminalChooser({ input, output })(selection);
    const written = String(output.read());
    expect(written).toContain("Evil?[2J");
    expect(written).toContain("Bank?");
    selection.end();
    await tick();
  });

  test.each([
    ["Enter", ["\r"], { reader: "Bank reader" }],
    ["a digit", ["2"], { reader: "Bank reader" }],
    ["a digit and letter without meaning first", ["1", "x", "\r"], { reader: "Bank reader" }],
    [
      "arrows, all round, to the only one that fits",
      ["\u001b[B", "\u001b[B", "\r", "k", "\u001b[A", "\r"],
      { reader: "Bank reader" },
    ],
    ["q", ["q"], { cancelled: true }],
    ["Ctrl-C", ["\u0003"], { cancelled: true }],
    ["Escape", ["\u001b"], { cancelled: true }],
  ])("takes %s", async (_name, keys, outcome) => {
    expect(await type(...keys)).toEqual(outcome);
    expect(input.modes).toEqual([true, false]);
  });
});

describe("without a terminal", () => {
  let lines: PassThrough;
  let text: PassThrough;

  beforeEach(() => {
    lines = new PassThrough();
    text = new PassThrough();
  });

  test("takes the only card that fits as soon as it is there", async () => {
    selection.update([entry("Empty", undefined)]);
    const decision = selection.decision();
    const shown = terminalChooser({ input: lines, output: text })(selection);
    expect(String(text.read())).toBe("Please insert a smart card\n");
    selection.update([entry("Empty", ["Bank"])]);
    expect(await decision).toEqual({ reader: "Empty" });
    expect(String(text.read())).toBe("Select Card:\n1  Empty  Bank\n");
    selection.end();
    await shown;
  });

  test("reads the number of one of several, and passes over what is none", async () => {
    selection.update([entry("A", ["Bank"]), entry("B", []), entry("C", ["Travel"])]);
    const decision = selection.decision();
    const shown = terminalChooser({ input: lines, output: text })(selection);
    lines.write("0\n9\nabc\n2\n");
    expect(await decision).toEqual({ reader: "C" });
    expect(String(text.read())).toBe("Select Card:\n1  A  Bank\n2  C  Travel\n");
    selection.end();
    await shown;
  });
});

test("refuses options that it does not know", () => {
  expect(() => terminalChooser({ stdin: input } as never)).toThrow(
    expect.objectContaining({ argument: "options" }),
  );
});
