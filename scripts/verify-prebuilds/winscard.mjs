// Drives the addon against the winscard.dll of test/winscard: Windows' own calls for the database, the
// card cache and the readers as devices, which Wine lacks; waits; and every call's way to fail.
import process from "node:process";
import { PcscError, establishContext } from "../../lib/index.js";
import { assert, check, failureOf, runChecks, tellLoaded } from "./checks.mjs";

/** @typedef {import("../../lib/index.js").Context} Context */

const atr = "3B80800101";
const a = "{00000000-0000-0000-0000-00000000000A}";
const b = "{00000000-0000-0000-0000-00000000000B}";

/** @param {string} text */
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));

/**
 * @param {string} name
 * @param {(context: Context) => Promise<void>} body
 */
function checkOver(name, body) {
  check(name, async () => {
    const context = await establishContext();
    try {
      await body(context);
    } finally {
      delete process.env["SCARD_FAKE_FAILURE"];
      await context.close();
    }
  });
}

checkOver("loads winscard.dll from System32, not the one beside the program", async () => {
  tellLoaded();
  const { sharedObjects } = /** @type {{ sharedObjects: string[] }} */ (process.report.getReport());
  const loaded = sharedObjects.filter((path) => /winscard\.dll$/i.test(path));
  assert.equal(loaded.length, 1);
  assert.match(loaded[0] ?? "", /^c:\\windows\\system32\\winscard\.dll$/i);
});

checkOver("lists readers, by device too, and waits", async (context) => {
  const readers = await context.listReaders();
  assert.deepEqual(readers, ["Reader 0", "Reader 1"]);
  const device = await context.deviceInstanceId("Reader 0");
  assert.deepEqual(await context.listReadersWithDeviceInstanceId(device), ["Reader 0"]);
  const states = await context.getStatusChange(readers, { timeoutMs: 5000 });
  assert.deepEqual(
    states.map(({ present }) => present),
    [true, false],
  );
  const late = await failureOf(context.getStatusChange(states, { timeoutMs: 50 }));
  assert.equal(late.code, "SCARD_E_TIMEOUT");
  const controller = new AbortController();
  const waiting = failureOf(context.getStatusChange(states, { signal: controller.signal }));
  controller.abort(new Error("enough"));
  assert.equal((await waiting).message, "enough");
});

checkOver("connects, transmits and counts", async (context) => {
  const card = await context.connect("Reader 0");
  assert.equal((await card.status()).state, "specific");
  const answer = await card.transmit(bytes("80EC000003010203"));
  assert.deepEqual([...answer], [1, 2, 3, 0x90, 0]);
  assert.equal(await card.transmitCount(), 1);
  await card.disconnect();
});

checkOver("introduces, lists and forgets card types, in any script", async (context) => {
  const { database } = context;
  const name = "Ausweis \u00e4\u20ac\u65e5\u{1F4B3}";
  await database.introduceCardType({ name, atr, interfaces: [a, b], primaryProvider: a });
  assert.deepEqual(await database.listCardTypes({ atr }), [name]);
  assert.deepEqual(await database.listCardTypes({ interfaces: [b] }), [name]);
  assert.deepEqual(await database.listInterfaces(name), [a, b]);
  assert.equal(await database.primaryProvider(name), a);
  await database.setProviderName(name, "csp", "A provider \u00fc");
  assert.equal(await database.providerName(name, "csp"), "A provider \u00fc");
  const [located] = await context.locateCards({ cardTypes: [name], readers: ["Reader 0"] });
  assert.deepEqual(located?.matches, [name]);
  const card = await context.connectCard({ cardTypes: [name] });
  assert.equal(card.reader, "Reader 0");
  await card.disconnect();
  await database.forgetCardType(name);
  assert.deepEqual(await database.listCardTypes({ atr }), []);
  const unknown = await failureOf(database.forgetCardType(name));
  assert.equal(unknown.code, "SCARD_E_UNKNOWN_CARD");
});

checkOver("introduces readers and reader groups", async (context) => {
  const { database } = context;
  await database.introduceReader("Desk", "Reader 0");
  await database.introduceReaderGroup("Office");
  await database.addReaderToGroup("Desk", "Office");
  assert.deepEqual(await context.listReaders({ groups: ["Office"] }), ["Desk"]);
  assert.ok((await context.listReaderGroups()).includes("Office"));
  const card = await context.connect("Desk");
  assert.equal([...(await card.transmit(bytes("00A4040000")))].at(-2), 0x90);
  await card.disconnect();
  await database.removeReaderFromGroup("Desk", "Office");
  await database.forgetReaderGroup("Office");
  await database.forgetReader("Desk");
  assert.deepEqual(await context.listReaders(), ["Reader 0", "Reader 1"]);
});

checkOver("keeps what is in the card cache, and tells of devices and audits", async (context) => {
  const item = { card: a, freshness: 7, name: "file \u00e4" };
  const missing = await failureOf(context.readCache(item));
  assert.equal(missing.code, "SCARD_W_CACHE_ITEM_NOT_FOUND");
  await context.writeCache({ ...item, data: bytes("CAFE") });
  assert.deepEqual([...(await context.readCache(item))], [0xca, 0xfe]);
  assert.ok((await context.deviceType("Reader 0")).length > 0);
  await context.audit("verification-succeeded");
});

/** @type {[call: string, code: string, value: string, act: (context: Context) => Promise<unknown>][]} */
const failures = [
  ["SCardListReadersW", "SCARD_E_NO_SERVICE", "8010001D", (c) => c.listReaders()],
  ["SCardListReaderGroupsW", "SCARD_E_NO_MEMORY", "80100006", (c) => c.listReaderGroups()],
  ["SCardConnectW", "SCARD_E_SHARING_VIOLATION", "8010000B", (c) => c.connect("Reader 0")],
  [
    "SCardGetStatusChangeW",
    "SCARD_E_SERVICE_STOPPED",
    "8010001E",
    (c) => c.getStatusChange(["Reader 0"], { timeoutMs: 1000 }),
  ],
  [
    "SCardIntroduceCardTypeW",
    "SCARD_E_WRITE_TOO_MANY",
    "80100028",
    (c) => c.database.introduceCardType({ name: "N", atr }),
  ],
  ["SCardListCardsW", "SCARD_E_UNEXPECTED", "8010001F", (c) => c.database.listCardTypes()],
  [
    "SCardIntroduceReaderGroupW",
    "SCARD_F_INTERNAL_ERROR",
    "80100001",
    (c) => c.database.introduceReaderGroup("G"),
  ],
];

for (const [call, code, value, act] of failures) {
  checkOver(`reports ${code} of ${call}`, async (context) => {
    process.env["SCARD_FAKE_FAILURE"] = `${call}=${value}`;
    const error = await failureOf(act(context));
    assert.ok(error instanceof PcscError, String(error));
    assert.equal(error.code, code);
    assert.equal(error.value, Number.parseInt(value, 16));
    assert.ok(call.startsWith(error.call), error.call);
  });
}

checkOver("reports the errors of a connected card", async (context) => {
  const card = await context.connect("Reader 0");
  for (const [call, code, value] of [
    ["SCardTransmit", "SCARD_W_RESET_CARD", "80100068"],
    ["SCardTransmit", "SCARD_W_REMOVED_CARD", "80100069"],
    ["SCardTransmit", "SCARD_E_NOT_TRANSACTED", "80100016"],
  ]) {
    process.env["SCARD_FAKE_FAILURE"] = `${call}=${value}`;
    const error = await failureOf(card.transmit(bytes("00A4040000")));
    assert.equal(error.code, code);
    assert.equal(error.call, call);
  }
  delete process.env["SCARD_FAKE_FAILURE"];
  await card.disconnect();
});

check("reports a service that does not run", async () => {
  process.env["SCARD_FAKE_FAILURE"] = "SCardEstablishContext=8010001D";
  const error = await failureOf(establishContext());
  delete process.env["SCARD_FAKE_FAILURE"];
  assert.equal(error.code, "SCARD_E_NO_SERVICE");
});

await runChecks();
