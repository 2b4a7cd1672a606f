// Drives the addon against a real resource manager with two readers, of which the first holds the test
// card: the half that the virtual subsystem cannot show. SCARD_DRIVE_WAITS=0 leaves out waits: under
// Wine they never wait.
import { setTimeout } from "node:timers/promises";
import { PcscError, establishContext } from "../../lib/index.js";
import { assert, check, failureOf, runChecks, tellLoaded } from "./checks.mjs";

/** @typedef {import("../../lib/index.js").Context} Context */

const waits = process.env["SCARD_DRIVE_WAITS"] !== "0";

/** @param {string} text */
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));

/** @param {Uint8Array} data */
const hex = (data) => Buffer.from(data).toString("hex").toUpperCase();

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
      await context.close();
    }
  });
}

/** @param {Context} context */
async function firstReader(context) {
  const readers = await context.listReaders();
  assert.equal(readers.length, 2);
  assert.ok(readers[0]);
  return readers[0];
}

checkOver("loads the platform's library and establishes a context", async (context) => {
  tellLoaded();
  assert.equal(context.closed, false);
});

checkOver("lists both readers", async (context) => {
  const readers = await context.listReaders();
  assert.equal(readers.length, 2);
  for (const reader of readers) assert.match(reader, /^Virtual Card 1 00 0[01]$/);
});

checkOver("sees the card and its ATR", async (context) => {
  const readers = await context.listReaders();
  let states = await context.getStatusChange(readers, { timeoutMs: 20_000 });
  // The daemon asks its readers a few times a second whether a card is in. No wait for a change:
  // Wine's ends at once.
  for (let round = 0; round < 200 && states[0]?.present !== true; round++) {
    await setTimeout(50);
    states = await context.getStatusChange(readers, { timeoutMs: 20_000 });
  }
  assert.deepEqual(
    states.map(({ present, empty }) => ({ present, empty })),
    [
      { present: true, empty: false },
      { present: false, empty: true },
    ],
  );
  assert.equal(hex(states[0]?.atr ?? bytes("")).slice(0, 2), "3B");
});

checkOver("connects, asks for the status and transmits", async (context) => {
  const reader = await firstReader(context);
  const card = await context.connect(reader);
  const status = await card.status();
  assert.equal(status.reader, reader);
  assert.equal(status.protocol, card.protocol);
  assert.equal(hex(await card.transmit(bytes("00A4040000"))).slice(-4), "9000");
  await card.disconnect();
});

checkOver("moves extended APDUs both ways", async (context) => {
  const card = await context.connect(await firstReader(context), { protocols: ["t1"] });
  const data = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);
  const command = Buffer.concat([bytes("80EC0000000BB8"), data]);
  const answer = await card.transmit(command);
  assert.equal(hex(answer), `${hex(data)}9000`);
  await card.disconnect("reset");
});

checkOver("keeps others out of a transaction and of an exclusive connection", async (context) => {
  const reader = await firstReader(context);
  const card = await context.connect(reader, { shareMode: "exclusive" });
  const clash = await failureOf(context.connect(reader));
  assert.ok(clash instanceof PcscError);
  assert.equal(clash.code, "SCARD_E_SHARING_VIOLATION");
  const answers = await card.transaction(async (tx) => [
    await tx.transmit(bytes("00A4040000")),
    await tx.transmit(bytes("80C00000")),
  ]);
  assert.deepEqual(
    answers.map((answer) => hex(answer).slice(-4)),
    ["9000", "9000"],
  );
  await card.disconnect();
});

checkOver("runs a script as one job", async (context) => {
  const card = await context.connect(await firstReader(context));
  const results = await card.runScript(["00A4040000", "80C00000", "80C00000"]);
  assert.equal([...results].length, 3);
  await card.disconnect();
});

checkOver(
  "reconnects, and reports a reader without a card and one that is not",
  async (context) => {
    const [first = "", second = ""] = await context.listReaders();
    const card = await context.connect(first);
    await card.reconnect({ initialization: "reset" });
    assert.equal(hex(await card.transmit(bytes("00A4040000"))).slice(-4), "9000");
    await card.disconnect();
    const empty = await failureOf(context.connect(second));
    assert.match(empty.code, /^SCARD_(E_NO_SMARTCARD|W_REMOVED_CARD)$/);
    const unknown = await failureOf(context.connect("No such reader"));
    assert.equal(unknown.code, "SCARD_E_UNKNOWN_READER");
  },
);

if (waits) {
  checkOver("waits until the time is over, and until it is told to stop", async (context) => {
    const readers = await context.listReaders();
    const states = await context.getStatusChange(readers, { timeoutMs: 20_000 });
    const late = await failureOf(context.getStatusChange(states, { timeoutMs: 50 }));
    assert.equal(late.code, "SCARD_E_TIMEOUT");
    const controller = new AbortController();
    const waiting = failureOf(context.getStatusChange(states, { signal: controller.signal }));
    controller.abort(new Error("enough"));
    assert.equal((await waiting).message, "enough");
  });
}

await runChecks();
