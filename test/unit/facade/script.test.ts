// Scripts: what they are made of, what reaches the addon, results, progress and errors.
import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import type { NativeScriptOutcome } from "../../../binding.js";
import { codeValue } from "../../../lib/errors/codes.js";
import {
  ApduError,
  ApduScript,
  type ApduScriptOptions,
  type Card,
  IncompleteResponseError,
  PcscError,
  type ScriptError,
  type ScriptInput,
  type ScriptProgress,
  type ScriptStep,
} from "../../../lib/index.js";
import { type FakeBinding, doneScript, failure, fails, fakeContext } from "./fake-binding.js";

async function connect(options = {}): Promise<{ binding: FakeBinding; card: Card }> {
  const { binding, context } = await fakeContext();
  return { binding, card: await context.connect("Reader", options) };
}

function outcome(fields: Partial<NativeScriptOutcome> = {}): () => NativeScriptOutcome {
  const answers = new Uint8Array(Buffer.from("0102900063C26110", "hex"));
  return () => ({ end: "stopped", answers, ends: Uint32Array.of(4, 6, 8), ...fields });
}

function done(
  answers = "0102900063C26110",
  ends: readonly number[] = [4, 6, 8],
): () => ArrayBuffer {
  return () => doneScript(new Uint8Array(Buffer.from(answers, "hex")), ends);
}

const three = ["00A40000", "0020000104", "00CA000000"];

describe("a script", () => {
  it("reaches the addon as its commands and a plan", async () => {
    const { binding, card } = await connect();
    const script = new ApduScript(
      [
        { cla: 0, ins: 0xa4, p1: 0, p2: 0 },
        { command: "00CA000000", expect: ["9000", "61XX"] },
        { command: Uint8Array.of(0xaa), raw: true, statusWord: "any" },
      ],
      { expect: "9000", stopWhen: ["63CX"], wrongLe: "return", maxLength: 7 },
    );
    expect(script).toHaveLength(3);
    await card.runScript(script, { transaction: true });
    const ok = 0x9000ffff;
    const plan = [1, 0x63c0fff0, 4, 1 << 8, ok, 5, 2 << 8, ok, 0x6100ff00, 1, 3 | (1 << 8), ok];
    const commands = "00A4000000CA000000AA";
    expect(binding.log.at(-1)).toBe(`runScript ${commands} ${JSON.stringify(plan)} 144 7 0`);
  });

  it("is copied when made", async () => {
    const { binding, card } = await connect();
    const command = Uint8Array.of(0, 0xa4, 0, 0);
    const script = new ApduScript([command]);
    command.fill(0xff);
    await card.runScript(script);
    await card.runScript(script);
    expect(binding.log.slice(-2)).toEqual([
      "runScript 00A40000 [0,4,0] 0 1048576 0",
      "runScript 00A40000 [0,4,0] 0 1048576 0",
    ]);
  });

  it("may be given as steps, with its options among the run's", async () => {
    const { binding, card } = await connect();
    await card.runScript(["AABB"], { raw: true, stopWhen: "6XXX", transaction: false });
    expect(binding.log.at(-1)).toBe("runScript AABB [1,1610674176,2,1] 0 1048576 0");
  });

  it.each<[unknown, string]>([
    [[], "steps"],
    ["00A40000", "steps"],
    [undefined, "steps"],
    [[{ command: "00A40000", expected: "9000" }], "step"],
    [[{ command: "00A40000", expect: "900" }], "expect"],
    [[{ command: "00A40000", expect: 0x9000 }], "expect"],
    [[{ command: "00A40000", raw: 1 }], "raw"],
    [[{ command: "00A40000", statusWord: "none" }], "statusWord"],
    [[7], "command"],
    [[{ command: "", raw: true }], "command"],
  ])("refuses %j", (steps, argument) => {
    expect(() => new ApduScript(steps as ScriptStep[])).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_ARGUMENT", argument }) as Error,
    );
  });

  it("refuses a framed step that is no command, and wrong options", async () => {
    const { binding, card } = await connect();
    const before = binding.log.length;
    expect(() => new ApduScript(["00A4"])).toThrow(ApduError);
    expect(await failure(card.runScript(["00A4"]))).toBeInstanceOf(ApduError);
    const script = new ApduScript(["00A40000"]);
    const wrong: [ScriptInput, object, string][] = [
      [script, { stopWhen: "9000" }, "options"],
      [script, { transaction: "yes" }, "transaction"],
      [script, { onProgress: true }, "onProgress"],
      [script, { stopSignal: {} }, "stopSignal"],
      [["00A40000"], { stopWhen: "90" }, "stopWhen"],
      [["00A40000"], { maxLength: 0 }, "maxLength"],
    ];
    for (const [input, options, argument] of wrong) {
      const error = await failure(card.runScript(input, options));
      expect(error).toMatchObject({ code: "ERR_SCARD_ARGUMENT", argument });
    }
    const options = { progress: 1 } as ApduScriptOptions;
    expect(() => new ApduScript(["00A40000"], options)).toThrow("options");
    expect(binding.log).toHaveLength(before);
  });

  it("gives answers as views of one buffer", async () => {
    const { binding, card } = await connect();
    binding.answer("runScript", done());
    const results = await card.runScript(three);
    expect(results).toMatchObject({ length: 3, total: 3, ended: "done" });
    expect([...results].map((answer) => Buffer.from(answer).toString("hex"))).toEqual([
      "01029000",
      "63c2",
      "6110",
    ]);
    expect(results.at(1).buffer).toBe(results.bytes.buffer);
    expect([results.sw(0), results.sw(1)]).toEqual([0x9000, 0x63c2]);
    expect(results.response(0).data).toEqual(Uint8Array.of(1, 2));
    expect(() => results.at(3)).toThrow("step");
    expect(() => results.at(-1)).toThrow("step");
    expect(inspect(results)).toBe("ScriptResults { ended: 'done', length: 3, total: 3 }");
  });

  it("keeps the answers of secret steps out of texts", async () => {
    const { binding, card } = await connect();
    binding.answer("runScript", done("ABCD9000ABCD9000", [4, 8]));
    const results = await card.runScript(["00CA000000", "002000010431323334"]);
    expect(String(results.response(0))).toContain("ABCD");
    expect(String(results.response(1))).not.toContain("ABCD");
  });

  it("says how it was ended early", async () => {
    const { binding, card } = await connect();
    binding.answer("runScript", outcome({ end: "stopped" }), outcome({ end: "asked" }));
    expect(await card.runScript([...three, "00A40000"])).toMatchObject({
      ended: "stopped",
      length: 3,
      total: 4,
    });
    expect(await card.runScript(three)).toMatchObject({ ended: "asked" });
  });
});

describe("a script that fails", () => {
  it("says which step was answered otherwise than expected, and keeps all answers", async () => {
    const { binding, card } = await connect();
    binding.answer("runScript", outcome({ end: "unexpected", ends: Uint32Array.of(4, 6) }));
    const error = (await failure(card.runScript(three))) as ScriptError;
    const code = "ERR_SCARD_SCRIPT_UNEXPECTED_STATUS";
    expect(error).toMatchObject({ name: "ScriptError", code, step: 1, reader: "Reader" });
    expect(error.results).toMatchObject({ length: 2, ended: "unexpected" });
    expect(error.message).toContain("63C2");
    expect(inspect(error)).not.toContain("Uint8Array");
  });

  it("gives the error of the step that broke off as its cause", async () => {
    const { binding, card } = await connect({ reconnectOnReset: true });
    const removed = { call: "SCardTransmit", value: codeValue("SCARD_W_RESET_CARD") };
    const received = Uint8Array.of(7);
    const broken = { problem: "failed", failure: removed, received, exchanges: 2 } as const;
    binding.answer(
      "runScript",
      outcome({ end: "broken", ends: Uint32Array.of(4), broken }),
      outcome({ end: "broken", broken: { problem: "incomplete", received, exchanges: 1 } }),
    );
    const first = (await failure(card.runScript(three))) as ScriptError;
    expect(first).toMatchObject({ code: "ERR_SCARD_SCRIPT_BROKEN", step: 1 });
    expect(first.cause).toBeInstanceOf(PcscError);
    expect((first.cause as PcscError).received).toEqual(received);
    expect(first.results).toHaveLength(1);
    const second = (await failure(card.runScript(three))) as ScriptError;
    expect(second.cause).toBeInstanceOf(IncompleteResponseError);
    expect(binding.log.filter((line) => line.startsWith("SCardReconnect"))).toEqual([]);
  });

  it("fails plainly, and begins anew after a reset, where nothing was executed", async () => {
    const { binding, card } = await connect({ reconnectOnReset: true });
    binding.answer("runScript", fails("SCARD_W_RESET_CARD"));
    // The fake names the call after itself; the real one is SCardTransmit.
    expect((await card.runScript(three)).ended).toBe("done");
    binding.answer("runScript", fails("SCARD_W_REMOVED_CARD"));
    expect(await failure(card.runScript(three))).toBeInstanceOf(PcscError);
  });
});

describe("following a script", () => {
  it("tells progress now and then and at the end", async () => {
    const { binding, card } = await connect();
    binding.hold("runScript");
    binding.answer("runScript", done());
    const seen: number[] = [];
    let half: () => void = () => undefined;
    const halfway = new Promise<void>((resolve) => (half = resolve));
    const onProgress = ({ done, total }: ScriptProgress): void => {
      expect(total).toBe(3);
      seen.push(done);
      if (done === 2) half();
    };
    const running = card.runScript(three, { onProgress });
    await binding.held("runScript");
    binding.scriptProgress = 2;
    await halfway;
    binding.release("runScript");
    await running;
    expect(seen.slice(-2)).toEqual([2, 3]);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("stops it and rejects with what onProgress throws", async () => {
    const { binding, card } = await connect();
    binding.hold("runScript");
    binding.scriptProgress = 1;
    const reason = new Error("enough");
    let thrown: () => void = () => undefined;
    const threw = new Promise<void>((resolve) => (thrown = resolve));
    const running = failure(
      card.runScript(three, {
        onProgress: () => {
          thrown();
          throw reason;
        },
      }),
    );
    await threw;
    expect(binding.log.at(-1)).toMatch(/^stopScript \d+$/);
    binding.release("runScript");
    expect(await running).toBe(reason);
  });

  it("asks it to stop when stopSignal aborts, before or while it runs, and never after", async () => {
    const { binding, card } = await connect();
    await card.runScript(three, { stopSignal: AbortSignal.abort() });
    expect(binding.log.filter((line) => line.startsWith("stopScript"))).toHaveLength(1);
    const controller = new AbortController();
    binding.hold("runScript");
    const running = card.runScript(three, { stopSignal: controller.signal });
    await binding.held("runScript");
    controller.abort();
    binding.release("runScript");
    await running;
    expect(binding.log.filter((line) => line.startsWith("stopScript"))).toHaveLength(2);
    const late = new AbortController();
    await card.runScript(three, { stopSignal: late.signal });
    late.abort();
    expect(binding.log.filter((line) => line.startsWith("stopScript"))).toHaveLength(2);
  });

  it("rejects at once with the reason of signal", async () => {
    const { binding, card } = await connect();
    binding.hold("runScript");
    const controller = new AbortController();
    const running = failure(card.runScript(three, { signal: controller.signal }));
    const reason = new Error("no more");
    controller.abort(reason);
    expect(await running).toBe(reason);
    binding.release("runScript");
  });
});
