import { expect, it } from "vitest";
import { LibraryNotFoundError } from "../../../lib/errors/index.js";
import { FakeService } from "./fake-context.js";
import { contactAtr, contactlessAtr, runCommand } from "./run-command.js";

const twoReaders = (): FakeService =>
  new FakeService().addReader("ACME Contact 00 00", contactAtr).addReader("ACME NFC 01 00");

it("lists readers in an aligned table with their numbers", async () => {
  const { code, stdout, stderr } = await runCommand(["readers"], twoReaders());
  expect(stdout).toBe(
    "#  Reader              State      Card\n" +
      "1  ACME Contact 00 00  ● card\n" +
      "2  ACME NFC 01 00      ○ no card\n",
  );
  expect([code, stderr]).toEqual([0, ""]);
});

it("lists readers as one JSON document", async () => {
  const { code, stdout } = await runCommand(["readers", "--json"], twoReaders());
  const document = JSON.parse(stdout) as { readers: unknown[] };
  expect(document.readers).toMatchObject([
    { number: 1, reader: "ACME Contact 00 00", state: "card", present: true, atr: contactAtr },
    { number: 2, reader: "ACME NFC 01 00", state: "empty", present: false, atr: null },
  ]);
  expect(code).toBe(0);
});

it("uses ASCII signs where the locale has no others, and colours when forced", async () => {
  const plain = await runCommand(["readers"], twoReaders(), { env: { LANG: "C" } });
  expect(plain.stdout).toContain("* card");
  const env = { LANG: "C.UTF-8", FORCE_COLOR: "1", NO_COLOR: "1" };
  const coloured = await runCommand(["readers"], twoReaders(), { env });
  expect(coloured.stdout).toContain("\u001b[32m● card\u001b[39m");
  const never = await runCommand(["readers"], twoReaders(), {
    env: { LANG: "C.UTF-8", NO_COLOR: "1" },
    isTTY: true,
  });
  expect(never.stdout).not.toContain("\u001b");
});

it("does not let a reader's name move the cursor", async () => {
  const service = new FakeService().addReader("evil\u001b[2J\nreader");
  const { stdout } = await runCommand(["readers"], service);
  expect(stdout).toContain("evil?[2J?reader");
});

it("ends with 3 and advice when there is no reader", async () => {
  const { code, stdout, stderr } = await runCommand(["readers"], new FakeService());
  expect([code, stdout]).toEqual([3, ""]);
  expect(stderr).toMatch(/^scard: There is no reader\.\n {2}– What to do: connect a reader/);
  const json = await runCommand(["readers", "--json"], new FakeService());
  expect([json.code, JSON.parse(json.stdout)]).toEqual([3, { readers: [] }]);
});

it("says what to do when the service does not run", async () => {
  const service = new FakeService();
  service.stop();
  const { code, stderr } = await runCommand(["readers"], service);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^scard: The smart card service is not running\. \(SCardEstablishContext/);
  expect(stderr).toContain("What to do: Start the service");
  const json = await runCommand(["readers", "--json"], service);
  expect(JSON.parse(json.stdout)).toMatchObject({
    error: { code: "SCARD_E_NO_SERVICE", call: "SCardEstablishContext", value: "0x8010001D" },
  });
});

it("says what was tried when the library is missing", async () => {
  const missing = new LibraryNotFoundError(
    [{ path: "libpcsclite.so.1", message: "no such file" }],
    "Install pcsclite: apt install libpcsclite1 pcscd.",
  );
  const { code, stderr } = await runCommand(["readers"], undefined, {
    establish: async () => Promise.reject(missing),
  });
  expect(code).toBe(1);
  expect(stderr).toContain("Tried: libpcsclite.so.1 (no such file)");
  expect(stderr).toContain("What to do: Install pcsclite: apt install libpcsclite1 pcscd.");
  expect(stderr).toContain("SCARD_LIBRARY");
});

it("closes the context, also after a failure", async () => {
  const service = twoReaders();
  service.failure = { call: "SCardGetStatusChange", code: "SCARD_E_NO_MEMORY" };
  expect((await runCommand(["readers"], service)).code).toBe(1);
  expect(service.openContexts).toBe(0);
});

it("explains the cards under their readers in status", async () => {
  const service = twoReaders();
  service.insert("ACME NFC 01 00", contactlessAtr);
  const { code, stdout } = await runCommand(["status"], service);
  expect(stdout).toBe(
    "Reader              State   ATR\n" +
      "ACME Contact 00 00  ● card  3B DA 18 FF 81 B1 FE 75 1F 03 00 31 F5 73 C0 01 60 00 90 00 1C\n" +
      "  └ T=1, extended length\n" +
      "ACME NFC 01 00      ● card  3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 01 00 00 00 00 6A\n" +
      "  └ T=0 T=1, MIFARE Classic 1K\n",
  );
  expect(code).toBe(0);
  expect(service.calls).not.toContain("SCardConnect");
});

it("shows everything about one reader in status", async () => {
  const { stdout } = await runCommand(["status", "contact"], twoReaders());
  expect(stdout).toMatch(/^Reader +ACME Contact 00 00$/m);
  expect(stdout).toMatch(/^Raw state +0x00000022$/m);
  expect(stdout).toMatch(/^Protocols +T=1$/m);
  const json = await runCommand(["status", "2", "--json"], twoReaders());
  const document = JSON.parse(json.stdout) as unknown;
  expect(document).toMatchObject({ readers: [{ reader: "ACME NFC 01 00", card: null }] });
});

it("shows an ATR that is malformed as such", async () => {
  const service = new FakeService().addReader("R", "3B05");
  const { code, stdout } = await runCommand(["status"], service);
  expect([code, stdout]).toEqual([0, expect.stringContaining("Malformed ATR")]);
});

it("selects readers by number, by part of a name, never by guessing", async () => {
  const { code, stderr } = await runCommand(["status", "acme"], twoReaders());
  expect(code).toBe(2);
  expect(stderr).toContain('"acme" fits 2 readers');
  expect(stderr).toContain("1  ACME Contact 00 00");
  expect(stderr).toContain("2  ACME NFC 01 00");
  const unknown = await runCommand(["status", "other"], twoReaders());
  expect(unknown.code).toBe(3);
  expect(unknown.stderr).toContain('There is no reader "other"');
  expect((await runCommand(["status", "3"], twoReaders())).code).toBe(3);
});
