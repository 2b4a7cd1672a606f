// An OpenPGP card (functional specification 3.4) without keys: what `gpg --card-status` reads.
import { Buffer } from "node:buffer";

/** Version 3.4, manufacturer FFFE (for tests), serial number 00000001. */
export const aid = "D2760001240103 04FFFE00000001 0000".replaceAll(" ", "");

const tlv = (/** @type {string} */ tag, /** @type {string} */ value) => {
  const length = value.length / 2;
  const field = length > 127 ? `81${hexByte(length)}` : hexByte(length);
  return tag + field + value;
};
const hexByte = (/** @type {number} */ value) => value.toString(16).padStart(2, "0");
const text = (/** @type {string} */ value) => Buffer.from(value).toString("hex");

/** RSA 2048, for each of the three keys. */
const algorithm = "010800002000";
/** Retries of PW1, of the resetting code and of PW3; each may have 32 bytes. */
const passwordStatus = "01202020030003";
const historicalBytes = "0031C573C00140059000";
const capabilities = "74000000080008000800";

const discretionary = [
  tlv("C0", capabilities),
  tlv("C1", algorithm),
  tlv("C2", algorithm),
  tlv("C3", algorithm),
  tlv("C4", passwordStatus),
  tlv("C5", "00".repeat(60)),
  tlv("C6", "00".repeat(60)),
  tlv("CD", "00".repeat(12)),
].join("");

/** @type {import("scard/virtual").IsoCardDescription} */
export const openPgpCard = {
  files: [{ type: "df", id: 0x5f00, aid, files: [] }],
  objects: [
    { tag: 0x4f, value: aid },
    { tag: 0x5e, value: Buffer.from("ada") },
    { tag: 0x5f50, value: Buffer.from("https://keys.example/ada") },
    { tag: 0x5f52, value: historicalBytes },
    {
      tag: 0x65,
      value: tlv("5B", text("Lovelace<<Ada")) + tlv("5F2D", text("en")) + tlv("5F35", "32"),
    },
    { tag: 0x6e, value: tlv("4F", aid) + tlv("5F52", historicalBytes) + tlv("73", discretionary) },
    { tag: 0x7a, value: tlv("93", "000000") },
    { tag: 0xc4, value: passwordStatus },
  ],
};
