// What `import` gives: stand-ins of what is not read yet, which must not be told from the real thing.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InstalledPackage } from "./installed.js";

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.create();
}, 120_000);

afterAll(async () => {
  await installed.remove();
});

/** Runs an ES module that has `required`, what `require("scard")` gives, and prints its `result`. */
function run(body: string): unknown {
  const program = `
    import { createRequire } from "node:module";
    import * as imported from "scard";
    const require = createRequire(${JSON.stringify(join(installed.project, "any.mjs"))});
    const files = () => Object.keys(require.cache).filter((path) => /[/\\\\]dist[/\\\\]/.test(path))
      .map((path) => path.replace(/^.*[/\\\\]/, "")).sort().join(" ");
    let result;
    ${body}
    console.log(JSON.stringify(result));`;
  const args = ["--input-type=module", "-e", program];
  const options = { encoding: "utf8", cwd: installed.project } as const;
  const { stdout, stderr } = spawnSync(process.execPath, args, options);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const required = 'const required = require("scard");';

describe("the ES module", () => {
  it.each(["scard", "scard/virtual"])("has every name that the CommonJS %s has", (entry) => {
    const names = run(`
      const entries = [await import("${entry}"), require("${entry}")];
      result = entries.map((one) => Object.keys(one).sort());`);
    const [byImport, byRequire] = names as [string[], string[]];
    expect(byImport).toEqual(byRequire);
    expect(byImport).toContain(entry === "scard" ? "establishContext" : "createVirtualSubsystem");
  });

  it("reads nothing that is not used", () => {
    expect(run("result = files();")).toBe("base.js on-demand.js");
    expect(run("new imported.ScardError('ERR_SCARD_CLOSED', ''); result = files();")).toBe(
      "base.js on-demand.js",
    );
    expect(run("imported.parseAtr('3B00'); result = files();")).toBe(
      "base.js index.js iso7816.js library.js on-demand.js rolldown-runtime.js",
    );
  });

  it.each(["scard", "scard/virtual"])("has the very classes of errors of %s", (entry) => {
    const same = run(`
      const [byImport, byRequire] = [await import("${entry}"), require("${entry}")];
      result = Object.keys(byRequire)
        .filter((name) => Error.isPrototypeOf(byRequire[name]))
        .map((name) => byImport[name] === byRequire[name]);`) as boolean[];
    expect(same.length).toBeGreaterThan(3);
    expect(same).not.toContain(false);
  });

  it("has the very emitter that audit events come to", () => {
    expect(run(`${required} result = imported.auditEvents === required.auditEvents;`)).toBe(true);
  });

  it("has functions, lists and numbers that do and say the same", () => {
    const same = run(`${required}
      const { deepStrictEqual: equal } = await import("node:assert");
      equal(imported.parseAtr("3B00").bytes, required.parseAtr("3B00").bytes);
      for (const name of ["attributeNames", "cardManagement", "longestAtr", "pnpNotification"]) {
        equal(imported[name], required[name]);
        equal(Object.isFrozen(imported[name]), Object.isFrozen(required[name]));
      }
      equal(Object.keys(imported.isoCommands), Object.keys(required.isoCommands));
      equal(Object.isFrozen(imported.isoCommands), true);
      const read = { offset: 5, length: 16 };
      equal(
        imported.isoCommands.withDefaults({ channel: 2 }).readBinary(read).toBytes(),
        required.isoCommands.withDefaults({ channel: 2 }).readBinary(read).toBytes(),
      );
      result = true;`);
    expect(same).toBe(true);
  });

  it("refuses what a function refuses, naming the argument", () => {
    expect(
      run(`try { imported.parseAtr(5); } catch (error) {
        result = [error.code, error instanceof imported.ScardArgumentError];
      }`),
    ).toEqual(["ERR_SCARD_ARGUMENT", true]);
  });

  it("has classes of which instances are instances, by either module", () => {
    expect(
      run(`${required}
        const { CommandApdu } = imported;
        const bytes = Uint8Array.of(0, 0xa4, 4, 0);
        const [byImport, byRequire] = [CommandApdu.from(bytes), required.CommandApdu.from(bytes)];
        result = [
          byImport instanceof CommandApdu,
          byImport instanceof required.CommandApdu,
          byRequire instanceof CommandApdu,
          bytes instanceof CommandApdu,
          Object.getPrototypeOf(byImport) === CommandApdu.prototype,
          new CommandApdu({ cla: 0, ins: 0xb0, p1: 0, p2: 0 }) instanceof required.CommandApdu,
          CommandApdu.name,
          "from" in CommandApdu,
          Object.getOwnPropertyNames(CommandApdu).includes("from"),
          Object.getOwnPropertyDescriptor(CommandApdu, "prototype").writable,
        ];`),
    ).toEqual([true, true, true, false, true, true, "CommandApdu", true, true, false]);
  });

  it("has classes that can be extended and printed, and not be called", () => {
    expect(
      run(`
        import { inspect } from "node:util";
        const { ByteBuffer } = imported;
        class Longer extends ByteBuffer { twice() { return this.stat().size * 2; } }
        const buffer = new Longer(Uint8Array.of(1, 2, 3));
        let refused;
        try { ByteBuffer(); } catch (error) { refused = error.message; }
        result = [buffer.twice(), buffer instanceof ByteBuffer, inspect(ByteBuffer), refused];`),
    ).toEqual([
      6,
      true,
      "[Function: ByteBuffer]",
      "Class constructor ByteBuffer cannot be invoked without 'new'",
    ]);
  });

  it("has classes whose methods a test can replace", () => {
    expect(
      run(`${required}
        imported.CommandApdu.from = () => 7;
        result = [imported.CommandApdu.from(), required.CommandApdu.from()];`),
    ).toEqual([7, 7]);
  });
});
