import { describe, expect, test } from "vitest";

import * as check from "../../../lib/arguments.js";
import { ScardArgumentError } from "../../../lib/errors/argument-error.js";

function thrownBy(action: () => unknown): ScardArgumentError {
  try {
    action();
  } catch (error) {
    if (error instanceof ScardArgumentError) {
      return error;
    }
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("ScardArgumentError", () => {
  test("names the argument, what was given and what is allowed", () => {
    const error = thrownBy(() => check.checkInteger("p1", 256, 0, 255));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      name: "ScardArgumentError",
      code: "ERR_SCARD_ARGUMENT",
      argument: "p1",
      value: "256",
      expected: "an integer from 0 to 255",
      message: '"p1" must be an integer from 0 to 255; given 256.',
    });
  });

  test.each([
    ["a long string is cut", "x".repeat(65), `"${"x".repeat(64)}"… (65 characters)`],
    ["a string of 64 is whole", "x".repeat(64), `"${"x".repeat(64)}"`],
    ["bytes", Uint8Array.of(0x31, 0x32), "Uint8Array of 2 bytes"],
    ["a Buffer", Buffer.from("1234"), "Buffer of 4 bytes"],
    ["a wider view", new Uint32Array(2), "Uint32Array of 8 bytes"],
    ["an ArrayBuffer", new ArrayBuffer(3), "ArrayBuffer of 3 bytes"],
    ["an array", [1, 2, 3, 4], "an array of 4"],
    ["an object", { pin: "1234" }, "an object"],
    ["an object without prototype", Object.create(null), "an object"],
    ["an instance", new Map(), "an object of class Map"],
    ["null", null, "null"],
    ["undefined", undefined, "undefined"],
    ["a bigint", 5n, "5n"],
    ["a symbol", Symbol("1234"), "a symbol"],
    ["a function", () => "1234", "a function"],
  ])("describes %s", (_, value, description) => {
    const error = new ScardArgumentError("x", value, "something else");
    expect(error.value).toBe(description);
  });

  test.each([
    ["a string", "1234", "a string of 4 characters"],
    ["a number", 1234, "number"],
    ["an array", [1, 2], "an array of 2"],
  ])("shows no content of %s that is secret", (_, value, description) => {
    const error = new ScardArgumentError("pin", value, "bytes", { secret: true });
    expect(error.value).toBe(description);
    expect(error.message).not.toContain("1234");
  });

  test("keeps a cause", () => {
    const cause = new Error("why");
    expect(new ScardArgumentError("x", 1, "2", { cause }).cause).toBe(cause);
  });
});

describe("simple values", () => {
  test("checkString", () => {
    expect(check.checkString("s", "")).toBe("");
    expect(thrownBy(() => check.checkString("s", 5)).expected).toBe("a string");
  });

  test("checkOneOf lists the words", () => {
    expect(check.checkOneOf("mode", "b", ["a", "b"])).toBe("b");
    const error = thrownBy(() => check.checkOneOf("mode", "", ["a", "b"]));
    expect(error.message).toBe('"mode" must be one of "a", "b"; given "".');
  });

  test.each([-1, 4, 1.5, NaN, Infinity, "2", 2n, null, undefined])(
    "checkInteger refuses %s",
    (value) => {
      expect(thrownBy(() => check.checkInteger("n", value, 0, 3)).argument).toBe("n");
    },
  );

  test("checkInteger takes both ends", () => {
    expect(check.checkInteger("n", 0, 0, 3)).toBe(0);
    expect(check.checkInteger("n", 3, 0, 3)).toBe(3);
  });

  test("checkBoolean converts nothing", () => {
    expect(check.checkBoolean("b", false)).toBe(false);
    expect(thrownBy(() => check.checkBoolean("b", 1)).expected).toBe("true or false");
  });

  test("checkFunction", () => {
    const callback = () => 1;
    expect(check.checkFunction("f", callback)).toBe(callback);
    expect(thrownBy(() => check.checkFunction("f", undefined)).expected).toBe("a function");
  });
});

describe("checkBytes", () => {
  test("gives a view of the caller's memory", () => {
    const memory = Uint8Array.of(1, 2, 3);
    expect(check.checkBytes("b", memory)).toBe(memory);
    const view = check.checkBytes("b", memory.buffer);
    memory[1] = 9;
    expect([...view]).toEqual([1, 9, 3]);
  });

  test("takes a Buffer and a SharedArrayBuffer", () => {
    expect([...check.checkBytes("b", Buffer.from([7]))]).toEqual([7]);
    expect(check.checkBytes("b", new SharedArrayBuffer(2))).toHaveLength(2);
  });

  test.each([
    ["a string", "00A4"],
    ["an array", [0, 1]],
    ["a wider view", new Uint16Array(2)],
    ["a DataView", new DataView(new ArrayBuffer(2))],
    ["a clamped view", new Uint8ClampedArray(2)],
    ["nothing", undefined],
  ])("refuses %s without showing it", (_, value) => {
    const error = thrownBy(() => check.checkBytes("command", value));
    expect(error.expected).toBe("a Uint8Array, Buffer or ArrayBuffer");
    expect(error.message).not.toContain("00A4");
  });

  test.each([
    [3, 3, "exactly 3 bytes"],
    [3, undefined, "at least 3 bytes"],
    [3, 5, "3 to 5 bytes"],
  ])("checks the length: %s to %s", (min, max, expected) => {
    const error = thrownBy(() => check.checkBytes("b", Uint8Array.of(0x31, 0x32), min, max));
    expect(error).toMatchObject({ expected, value: "Uint8Array of 2 bytes" });
  });

  test("refuses what is too long", () => {
    expect(thrownBy(() => check.checkBytes("b", new Uint8Array(6), 0, 5)).argument).toBe("b");
  });
});

describe("checkOptions", () => {
  const keys = ["shareMode", "protocols", "signal"] as const;

  test("undefined is an empty object", () => {
    expect(check.checkOptions("options", undefined, keys)).toEqual({});
  });

  test("gives back the object", () => {
    const options = { shareMode: "shared" };
    expect(check.checkOptions("options", options, keys)).toBe(options);
  });

  test.each([
    ["sharemode", "shareMode"],
    ["shareMdoe", "shareMode"],
    ["protocol", "protocols"],
    ["Signal", "signal"],
  ])("refuses %s and suggests %s", (given, meant) => {
    const error = thrownBy(() => check.checkOptions("options", { [given]: 1 }, keys));
    expect(error.expected).toContain(`did you mean "${meant}"?`);
    expect(error.value).toBe(JSON.stringify(given));
  });

  test("suggests nothing that is far off", () => {
    const error = thrownBy(() => check.checkOptions("options", { timeoutMs: 1 }, keys));
    expect(error.expected).not.toContain("did you mean");
    expect(error.expected).toContain("known: shareMode, protocols, signal");
  });

  test("says so when there are no options", () => {
    const error = thrownBy(() => check.checkOptions("options", { a: 1 }, []));
    expect(error.expected).toContain("no options are known");
  });

  test.each([null, 5, "x", [1], new Uint8Array(1), new ArrayBuffer(1)])(
    "refuses %s",
    (value: unknown) => {
      expect(thrownBy(() => check.checkOptions("options", value, keys)).expected).toBe("an object");
    },
  );
});

describe("signals and time limits", () => {
  test("checkSignal", () => {
    const { signal } = new AbortController();
    expect(check.checkSignal("signal", signal)).toBe(signal);
    expect(check.checkSignal("signal", undefined)).toBeUndefined();
    expect(thrownBy(() => check.checkSignal("signal", { aborted: false })).argument).toBe("signal");
    expect(thrownBy(() => check.checkSignal("signal", null)).argument).toBe("signal");
  });

  test.each([
    [undefined, undefined],
    [Infinity, undefined],
    [0, 0],
    [0.2, 1],
    [1500, 1500],
    [check.longestTimeout, check.longestTimeout],
  ])("checkTimeout: %s is %s", (given, expected) => {
    expect(check.checkTimeout("timeoutMs", given)).toBe(expected);
  });

  test.each([-1, NaN, -Infinity, check.longestTimeout + 1, "5", null])(
    "checkTimeout refuses %s",
    (value) => {
      expect(thrownBy(() => check.checkTimeout("timeoutMs", value)).expected).toBe(
        "milliseconds from 0 to 2147483647, or Infinity",
      );
    },
  );
});

describe("checkReaderName", () => {
  test.each([
    "Virtual PCD 00 00",
    "\\\\?PnP?\\Notification",
    "Lecteur é 读卡器",
    "x".repeat(check.longestReaderName),
  ])("takes %s", (name) => {
    expect(check.checkReaderName("reader", name)).toBe(name);
  });

  test.each([
    ["nothing", "", "not empty"],
    ["a NUL", "a\0b", "without NUL"],
    ["128 bytes", "x".repeat(128), "at most 127 bytes"],
    ["128 bytes in 64 characters", "é".repeat(64), "at most 127 bytes"],
    ["half a surrogate pair", "a\ud800", "well-formed"],
    ["a number", 5, "a string"],
  ])("refuses %s", (_, name, expected) => {
    expect(thrownBy(() => check.checkReaderName("reader", name)).expected).toContain(expected);
  });
});
