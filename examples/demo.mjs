// @ts-check
// A guided tour without hardware: readers and cards of scard/virtual, used through the same calls as
// real ones. `npm run demo` builds what is needed and runs it. Ends with 1 if anything is not as it
// says.
import { deepStrictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { CommandApdu, establishContext, parseAtr } from "scard";
import { IsoCard, createVirtualSubsystem } from "scard/virtual";

const watched = process.stdout.isTTY === true;
const coloured = watched && process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb";

/** @param {number} code */
const style = (code) => (/** @type {string} */ text) =>
  coloured ? `\u001b[${code}m${text}\u001b[0m` : text;
const bold = style(1);
const dim = style(2);
const red = style(31);
const green = style(32);
const cyan = style(36);

let steps = 0;

/** @param {string} title */
async function step(title) {
  // For whoever watches; nothing depends on it.
  if (watched) await pause(350);
  steps += 1;
  console.log(`\n${bold(cyan(String(steps).padStart(2)))}  ${bold(title)}`);
}

/**
 * @param {string} name
 * @param {string} value
 */
function show(name, value) {
  console.log(`    ${dim(name.padEnd(11))} ${value}`);
}

/**
 * Says what was found, and that it is what the tour promises.
 * @param {string} what
 * @param {unknown} found
 * @param {unknown} promised
 */
function check(what, found, promised) {
  deepStrictEqual(found, promised, what);
  console.log(`    ${green("✓")} ${what}`);
}

/** @param {Uint8Array} bytes */
const hex = (bytes) =>
  Buffer.from(bytes)
    .toString("hex")
    .toUpperCase()
    .replace(/..(?!$)/g, "$& ");

/**
 * Sends a command and shows both directions.
 * @param {Pick<import("scard").Card, "transmitApdu">} card
 * @param {string} what
 * @param {string} bytes
 */
async function send(card, what, bytes) {
  const command = CommandApdu.from(bytes);
  const response = await card.transmitApdu(command);
  show(what, `${cyan("→")} ${command.toString()}`);
  show("", `${cyan("←")} ${response.toString()}`);
  return response;
}

/** @param {Promise<unknown>} promise */
async function codeOf(promise) {
  try {
    await promise;
    return "no error";
  } catch (error) {
    const { code, message } = /** @type {Error & { code: string }} */ (error);
    show("error", red(`${message.split(". ")[0]}.`));
    return code;
  }
}

const description = /** @type {import("scard/virtual").IsoCardDescription} */ ({
  atr: "3B 85 80 01 73 63 61 72 64 63",
  pins: [{ reference: 0x81, value: "1234" }],
  files: [
    {
      type: "df",
      id: 0x5c00,
      aid: "F0 73 63 61 72 64",
      files: [
        { type: "transparent", id: 0x5c01, sfi: 1, content: Buffer.from("Ada Lovelace") },
        {
          type: "transparent",
          id: 0x5c02,
          sfi: 2,
          content: Buffer.from("first programmer"),
          read: { pin: 0x81 },
        },
      ],
    },
  ],
});

async function tour() {
  console.log(bold("scard: smart cards without hardware"));

  await step("A smart card subsystem inside this process");
  const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
  const context = await establishContext({ subsystem });
  check("no reader yet", await context.listReaders(), []);

  await step("A reader is plugged in");
  const desk = subsystem.addReader("Desk Reader 00 00");
  check("it is listed", await context.listReaders(), [desk.name]);

  await step("A card is inserted, and whoever waits for one hears of it");
  const waiting = context.waitForCard({ timeoutMs: 5000 });
  desk.insert(new IsoCard(description));
  const state = await waiting;
  check(`a card in ${JSON.stringify(state.reader)}`, state.reader, desk.name);

  await step("Its answer to reset, decoded");
  const atr = parseAtr(state.atr ?? "");
  show("ATR", hex(atr.bytes));
  show("protocols", atr.protocols.map((protocol) => `T=${protocol}`).join(", "));
  show("historical", JSON.stringify(Buffer.from(atr.historicalBytes.bytes).toString("latin1")));
  check("it offers T=0 and T=1", atr.protocols, [0, 1]);

  await step("A transaction: nobody else comes between its commands");
  const card = await context.connect(desk.name, { protocols: ["t1"] });
  const other = desk.anotherProcess();
  const name = await card.transaction(async (tx) => {
    check("another process finds the card locked", desk.state.locked, true);
    await send(tx, "SELECT", "00 A4 04 0C 06 F0 73 63 61 72 64");
    return send(tx, "READ BINARY", "00 B0 81 00 00");
  });
  check("the file is read", Buffer.from(name.data).toString(), "Ada Lovelace");
  other.disconnect();

  await pins(card);
  await accident(desk, card);

  await step("Everything is closed");
  await context.close();
  const left = { readers: 1, contexts: 0, connections: 0, waits: 0, calls: 0 };
  check("nothing but the reader is left", { ...subsystem.statistics() }, left);
}

/** @param {import("scard").Card} card */
async function pins(card) {
  await step("A file behind a PIN, and the retry counter");
  const refused = await send(card, "READ BINARY", "00 B0 82 00 00");
  check("refused: security status not satisfied", refused.sw, 0x6982);
  const before = await send(card, "VERIFY ?", "00 20 00 81");
  check("3 tries left", before.sw, 0x63c3);
  const wrong = await send(card, "VERIFY", "00 20 00 81 04 39 39 39 39");
  check("a wrong PIN costs one: 2 left", wrong.sw, 0x63c2);
  const right = await send(card, "VERIFY", "00 20 00 81 04 31 32 33 34");
  check("the right PIN is accepted; neither was printed", right.sw, 0x9000);
  const secret = await send(card, "READ BINARY", "00 B0 82 00 00");
  check("the file is read", Buffer.from(secret.data).toString(), "first programmer");
}

/**
 * @param {import("scard/virtual").VirtualReader} desk
 * @param {import("scard").Card} card
 */
async function accident(desk, card) {
  await step("The card is pulled out in the middle of a command");
  desk.fault({ kind: "remove-during", bytes: 1 });
  const torn = await codeOf(card.transmit("00 B0 81 00 00"));
  check("half an answer is no answer", torn, "ERR_SCARD_INCOMPLETE_RESPONSE");
  const gone = await codeOf(card.transmit("00 B0 81 00 00"));
  check("and the card is gone", gone, "SCARD_W_REMOVED_CARD");
}

const start = performance.now();
try {
  await tour();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `\n${green(bold("Done"))} in ${seconds} s. docs/virtual.md tells how to test with it.`,
  );
} catch (error) {
  console.error(`\n${red(bold("Not as promised:"))}`, error);
  process.exitCode = 1;
}
