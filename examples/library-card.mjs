// @ts-check
// What is on the card of introduce-and-open.mjs.
const text = new TextEncoder();
/** Its application. */
export const aid = "F0 6C 69 62 72 61 72 79";

/** @satisfies {import("scard/virtual").IsoCardDescription} */
export const libraryCardContent = {
  atr: "3B 87 80 01 6C 69 62 72 61 72 79 79",
  pins: [{ reference: 0x81, value: "2468" }],
  files: [
    {
      type: /** @type {const} */ ("df"),
      id: 0x5c00,
      aid,
      files: [
        {
          type: /** @type {const} */ ("transparent"),
          id: 0x5c01,
          sfi: 1,
          content: text.encode("Ada Lovelace"),
        },
        {
          type: /** @type {const} */ ("linear-variable"),
          id: 0x5c02,
          sfi: 2,
          records: ["Flatland", "Emma"].map((title) => text.encode(title)),
          read: { pin: 0x81 },
        },
      ],
    },
  ],
};
