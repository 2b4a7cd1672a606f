import { expect, it } from "vitest";
import { FakeService } from "./fake-context.js";
import { contactAtr, contactlessAtr, runCommand } from "./run-command.js";

const select = "00A4040000";
const getData = "00CA006E00";
const verify = "0020008108313233343536FFFF";

function cardService(): FakeService {
  const service = new FakeService().addReader("Empty").addReader("ACME", contactAtr);
  service.answers = {
    [select]: "6F078405A0000003089000",
    [getData]: "6A88",
    [verify]: "63C2",
  };
  return service;
}

it("sends one command and explains the answer", async () => {
  const { code, stdout, stderr } = await runCommand(["send", "00 A4 04 00 00"], cardService());
  expect(stdout).toBe(
    "ACME (T=1)\n" +
      "→ 00 A4 04 00 00\n" +
      "  6F 07 84 05 A0 00 00 03 08                       o........\n" +
      "← 9000 Normal processing; no further qualification\n",
  );
  expect([code, stderr]).toEqual([0, ""]);
});

it("writes one JSON document", async () => {
  const { code, stdout } = await runCommand(["send", "--json", select, getData], cardService());
  expect(JSON.parse(stdout)).toEqual({
    reader: "ACME",
    protocol: "t1",
    exchanges: [
      {
        command: select,
        masked: false,
        data: "6F078405A000000308",
        sw: "9000",
        ok: true,
        category: "success",
        meaning: "Normal processing; no further qualification",
        asWanted: true,
      },
      expect.objectContaining({ command: getData, data: "", sw: "6A88", asWanted: false }),
    ],
  });
  expect(code).toBe(0);
});

it("never shows a PIN unless told to, in text, JSON and errors", async () => {
  const text = await runCommand(["send", verify], cardService());
  expect(text.stdout).toContain("→ 00 20 00 81 08 ** ** ** ** ** ** ** **\n");
  expect(text.stdout).toContain("← 63C2");
  const json = await runCommand(["send", "--json", verify], cardService());
  expect(JSON.parse(json.stdout)).toMatchObject({
    exchanges: [{ command: "0020008108****************", masked: true }],
  });
  const malformed = await runCommand(["send", "0020008109313233343536FFFF"], cardService());
  const notHex = await runCommand(["send", "0020008108 313233343536FFF"], cardService());
  expect([malformed.code, notHex.code]).toEqual([2, 2]);
  for (const outcome of [text, json, malformed, notHex]) {
    expect(outcome.stdout + outcome.stderr).not.toMatch(/31 ?32 ?33/);
  }
  const shown = await runCommand(["send", "--show-secrets", verify], cardService());
  expect(shown.stdout).toContain("08 31 32 33 34 35 36 FF FF\n");
});

it.each(["21", "24", "26", "28", "2C"])("masks INS %s, and Le stays readable", async (ins) => {
  const service = cardService();
  service.answers = { [`00${ins}0001024142` + "00"]: "9000" };
  const { stdout } = await runCommand(["send", `00${ins}000102414200`], service);
  expect(stdout).toContain(`→ 00 ${ins} 00 01 02 ** ** 00\n`);
});

it("masks the whole rest of a raw PIN command", async () => {
  const service = cardService();
  service.answers = { "002000813132": "6700" };
  const { code, stdout } = await runCommand(["send", "--raw", "002000813132"], service);
  expect([code, stdout]).toEqual([0, expect.stringContaining("→ 00 20 00 81 ** **\n")]);
});

it("checks every command before it connects", async () => {
  const service = cardService();
  const { code, stderr } = await runCommand(["send", select, "00A40400FF01"], service);
  expect(code).toBe(2);
  expect(stderr).toContain("APDU 2: Malformed command APDU: data at byte 6");
  expect(stderr).toContain("Nothing was sent.");
  expect(service.calls).toEqual([]);
  expect((await runCommand(["send", "--raw", "00A404"], service)).stderr).toContain("4 bytes");
  expect((await runCommand(["send"], service)).stderr).toContain("There is no command to send");
});

it("reads a script with comments, blank lines and spaces", async () => {
  const service = cardService();
  const script = `\uFEFF# select\r\n\r\n00 A4 04 00 00  # the default\n  ${getData}`;
  const read: string[] = [];
  const { code } = await runCommand(["send", "--file", "s.txt"], service, {
    readBytes: async (path) => {
      read.push(path);
      return Promise.resolve(Buffer.from(script));
    },
  });
  expect([code, read]).toEqual([0, ["s.txt"]]);
  expect(service.calls.filter((call) => call.startsWith("command"))).toEqual([
    `command ${select}`,
    `command ${getData}`,
  ]);
});

it("names the line of a script that is wrong, without sending the lines before it", async () => {
  const service = cardService();
  const { code, stderr } = await runCommand(["send", "-f", "s.txt"], service, {
    readBytes: async () => Promise.resolve(Buffer.from(`${select}\n# fine\n\n00 A4 0X 00\n`)),
  });
  expect(code).toBe(2);
  expect(stderr).toContain("line 4 of s.txt: expected pairs of hexadecimal digits");
  expect(service.calls).toEqual([]);
});

it("holds a transaction around all commands", async () => {
  const service = cardService();
  await runCommand(["send", "-t", select, getData], service);
  const from = service.calls.indexOf("SCardBeginTransaction");
  expect(service.calls.slice(from)).toEqual([
    "SCardBeginTransaction",
    ...["SCardTransmit", `command ${select}`, "SCardTransmit", `command ${getData}`],
    ...["SCardEndTransaction", "SCardDisconnect", "close"],
  ]);
});

it("passes reader, protocol, share mode and time limit on", async () => {
  const service = cardService().addReader("Other", contactlessAtr);
  const options = ["-r", "oth", "-p", "t0", "-s", "exclusive", "--timeout", "1.5s"];
  expect((await runCommand(["send", ...options, select], service)).code).toBe(0);
  expect(service.connections).toMatchObject([
    { reader: "Other", shareMode: "exclusive", protocols: ["t0"], timeoutMs: 1500 },
  ]);
  expect(service.calls).toContain(`command ${select} within 1500`);
});

it("never guesses between two cards", async () => {
  const service = cardService().addReader("Other", contactlessAtr);
  const { code, stderr } = await runCommand(["send", select], service);
  expect(code).toBe(2);
  expect(stderr).toContain("There are cards in several readers");
  expect(stderr).toContain("2  ACME");
  expect(stderr).toContain("3  Other");
  expect(stderr).not.toContain("1  Empty");
  expect(service.connections).toEqual([]);
});

it("ends with 3 without a card, in any reader or in the one named", async () => {
  const service = new FakeService().addReader("Empty");
  const any = await runCommand(["send", select], service);
  expect([any.code, any.stderr]).toEqual([3, expect.stringContaining("no card in any reader")]);
  const named = await runCommand(["send", "-r", "1", select], service);
  expect([named.code, named.stderr]).toEqual([3, expect.stringContaining("SCARD_E_NO_SMARTCARD")]);
});

it("needs no card with --share direct", async () => {
  const service = new FakeService().addReader("Empty");
  service.answers = { [select]: "9000" };
  expect((await runCommand(["send", "-s", "direct", select], service)).code).toBe(0);
});

it("ends with 4 only when a status word was asked for", async () => {
  expect((await runCommand(["send", getData], cardService())).code).toBe(0);
  const expected = await runCommand(["send", "--expect", "9000,61XX", getData], cardService());
  expect(expected.code).toBe(4);
  expect(expected.stderr).toBe("scard: The status word is not 9000 or 61XX: APDU 1.\n");
  const met = await runCommand(["send", "--expect", "6A8x", getData], cardService());
  expect([met.code, met.stderr]).toEqual([0, ""]);
});

it("stops at the first answer that is not wanted, when asked to", async () => {
  const service = cardService();
  const { code } = await runCommand(["send", "--stop-on-error", getData, select], service);
  expect(code).toBe(4);
  expect(service.calls).not.toContain(`command ${select}`);
});

it("keeps in the JSON document what was answered before a failure", async () => {
  const { code, stdout, stderr } = await runCommand(
    ["send", "--json", select, "00B0000000", getData],
    cardService(),
  );
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    exchanges: [{ command: select, sw: "9000" }],
    error: { code: "SCARD_W_REMOVED_CARD", call: "SCardTransmit", reader: "ACME" },
  });
  expect(stderr).toContain("SCARD_W_REMOVED_CARD");
});

it.each([
  [["--timeout", "soon"], "Expected a time from 1ms"],
  [["--timeout", "0"], "Expected a time from 1ms"],
  [["--expect", "90"], "Expected status words of 4 hexadecimal digits"],
  [["--protocol", "t2"], "Allowed choices are t0, t1, raw"],
  [["--share", "mine"], "Allowed choices are shared, exclusive, direct"],
])("refuses %j", async (options, message) => {
  const service = cardService();
  const { code, stderr } = await runCommand(["send", ...options, select], service);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(service.calls).toEqual([]);
});
