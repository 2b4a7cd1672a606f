import { expect, it } from "vitest";
import { contactAtr, contactlessAtr, runCommand } from "./run-command.js";

it("decodes an ATR byte by byte, without a service", async () => {
  const { code, stdout } = await runCommand(["atr", contactAtr]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ATR +3B DA 18 FF/m);
  expect(stdout).toMatch(/^Protocols +T=1$/m);
  expect(stdout).toMatch(/^Speed +161290 bit\/s at 5 MHz \(Fi 372, Di 12\)$/m);
  expect(stdout).toMatch(/^T=1 +blocks of 254 bytes, BWI 7, CWI 5, LRC$/m);
  expect(stdout).toMatch(/^TCK +1C +1C, correct$/m);
});

it("takes an ATR in parts and names a contactless card", async () => {
  const parts = contactlessAtr.match(/../g) ?? [];
  const { stdout } = await runCommand(["atr", ...parts]);
  expect(stdout).toMatch(/^Card +MIFARE Classic 1K$/m);
  expect(stdout).toMatch(/^AID +A0 00 00 03 06/m);
});

it("writes JSON with bytes as hexadecimal text", async () => {
  const { stdout } = await runCommand(["atr", "--json", contactAtr]);
  expect(JSON.parse(stdout)).toMatchObject({
    hex: contactAtr,
    protocols: [1],
    historicalBytes: { bytes: "0031F573C00160009000" },
    tck: { value: 0x1c, valid: true },
  });
});

it("refuses a wrong check byte with the way around it", async () => {
  const wrong = contactAtr.replace(/1C$/, "1D");
  const { code, stderr } = await runCommand(["atr", wrong]);
  expect(code).toBe(2);
  expect(stderr).toContain("expected TCK 1C, found 1D");
  expect(stderr).toContain("--no-check-tck");
  const lenient = await runCommand(["atr", "--no-check-tck", wrong]);
  expect([lenient.code, lenient.stdout]).toEqual([
    0,
    expect.stringContaining("1D, wrong: 1C expected"),
  ]);
});

it("refuses what is no ATR", async () => {
  expect((await runCommand(["atr", "3B0"])).stderr).toContain("pairs of hexadecimal digits");
  expect((await runCommand(["atr", "0000"])).stderr).toContain("TS at byte 0");
  expect((await runCommand(["atr"])).code).toBe(2);
});
