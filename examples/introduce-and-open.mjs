// @ts-check
// A card type with a service provider of its own: introduced, found by interface, and used as such.
//
//   node examples/introduce-and-open.mjs          a virtual reader and card in this process
//   node examples/introduce-and-open.mjs --real   the platform's readers: insert such a card
import { defineInterface, establishContext, registerServiceProvider } from "scard";
import { IsoCard, createVirtualSubsystem } from "scard/virtual";

import { aid, libraryCardContent } from "./library-card.mjs";

/**
 * What a library card can do, as the program wants to call it.
 * @typedef {object} LibraryCard
 * @property {() => Promise<string>} holder
 * @property {() => Promise<string[]>} loans
 * @property {(pin: string) => Promise<{ ok: boolean, triesLeft: number | null }>} unlock
 */

/** @type {import("scard").CardInterface<LibraryCard>} */
const libraryCard = defineInterface("{3B2E8F2C-6D5B-4C8E-9C57-41B2A0D8F5A1}", "LibraryCard");
const providerId = "{8E0C7D52-4B6F-4A53-8F0D-2C9A6E1B7F34}";

const { atr } = libraryCardContent;

// 1. The provider: services of the interface on a connected card.
const registration = registerServiceProvider({
  id: providerId,
  name: "Library cards",
  interfaces: [libraryCard],
  open: async (card) => {
    const text = new TextDecoder();
    await card.iso.selectFile({ by: "aid", name: aid });
    return {
      holder: async () => text.decode(await card.iso.readBinary({ sfi: 1 })),
      loans: async () => {
        const records = await card.iso.readRecords({ sfi: 2 });
        return records.map((record) => text.decode(record));
      },
      unlock: async (pin) => card.iso.verify({ reference: 0x81, pin }),
    };
  },
});

const real = process.argv.includes("--real");
const subsystem = real ? undefined : createVirtualSubsystem();
const context = await establishContext(subsystem ? { subsystem } : { database: "memory" });
try {
  // 2. The card type: what a setup program does once.
  await context.database.introduceCardType({
    name: "City Library",
    atr,
    interfaces: [libraryCard.id],
    primaryProvider: providerId,
  });
  console.log("introduced:", await context.database.listCardTypes({ atr }));

  // 3. Ask for the interface; the card comes later.
  const opening = context.openCard({ interface: libraryCard, wait: true, timeoutMs: 60_000 });
  if (subsystem) {
    subsystem.addReader("Desk").insert(new IsoCard(libraryCardContent));
  }
  const opened = await opening;
  try {
    // 4. The typed interface.
    const { service, reader, cardType } = opened;
    console.log(`${cardType} in ${reader}, of ${await service.holder()}`);
    console.log("wrong PIN:", await service.unlock("0000"));
    console.log("right PIN:", (await service.unlock("2468")).ok);
    console.log("loans:", await service.loans());
  } finally {
    await opened.close();
  }
} finally {
  registration.unregister();
  await context.close();
}
