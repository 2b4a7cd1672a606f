// PC/SC part 3 supplement: how a reader writes the ATR of a contactless storage card.

/** What the ATR of a contactless storage card says. */
export interface StorageCard {
  /** Standard byte SS. */
  readonly standardValue: number;
  /** The standard by name, such as `"ISO 14443 A, part 3"`; undefined when not registered. */
  readonly standard: string | undefined;
  /** Card name NN, 16 bits. */
  readonly cardNameValue: number;
  /** The card's name, such as `"MIFARE Classic 1K"`; undefined when not registered. */
  readonly cardName: string | undefined;
}

const standards: ReadonlyMap<number, string> = new Map([
  [0x00, "No information given"],
  [0x01, "ISO 14443 A, part 1"],
  [0x02, "ISO 14443 A, part 2"],
  [0x03, "ISO 14443 A, part 3"],
  [0x05, "ISO 14443 B, part 1"],
  [0x06, "ISO 14443 B, part 2"],
  [0x07, "ISO 14443 B, part 3"],
  [0x09, "ISO 15693, part 1"],
  [0x0a, "ISO 15693, part 2"],
  [0x0b, "ISO 15693, part 3"],
  [0x0c, "ISO 15693, part 4"],
  [0x0d, "Contact (7816-10) I2C"],
  [0x0e, "Contact (7816-10) extended I2C"],
  [0x0f, "Contact (7816-10) 2WBP"],
  [0x10, "Contact (7816-10) 3WBP"],
  [0x11, "FeliCa"],
  [0x40, "Low frequency contactless"],
]);

/** From 0x0001 on; 0x0005 is not assigned. */
const cardNames: readonly (string | undefined)[] = [
  ...[
    "MIFARE Classic 1K",
    "MIFARE Classic 4K",
    "MIFARE Ultralight",
    "SLE55R_XXXX",
    undefined,
    "SR176",
  ],
  ...["SRI X4K", "AT88RF020", "AT88SC0204CRF", "AT88SC0808CRF", "AT88SC1616CRF"],
  ...["AT88SC3216CRF", "AT88SC6416CRF", "SRF55V10P", "SRF55V02P", "SRF55V10S", "SRF55V02S"],
  ...["TAG_IT", "LRI512", "ICODE SLI", "TEMPSENS", "I.CODE1", "PicoPass 2K", "PicoPass 2KS"],
  ...["PicoPass 16K", "PicoPass 16KS", "PicoPass 16K (8x2)", "PicoPass 16KS (8x2)"],
  ...["PicoPass 32KS (16+16)", "PicoPass 32KS (16+8x2)", "PicoPass 32KS (8x2+16)"],
  ...["PicoPass 32KS (8x2+8x2)", "LRI64", "I.CODE UID", "I.CODE EPC", "LRI12", "LRI128"],
  ...["MIFARE Mini", "my-d move (SLE 66R01P)", "my-d NFC (SLE 66RxxP)"],
  ...["my-d proximity 2 (SLE 66RxxS)", "my-d proximity enhanced (SLE 55RxxE)"],
  ...["my-d light (SRF 55V01P)", "PJM Stack Tag (SRF 66V10ST)", "PJM Item Tag (SRF 66V10IT)"],
  ...["PJM Light (SRF 66V01ST)", "Jewel Tag", "Topaz NFC Tag", "AT88SC0104CRF"],
  ...["AT88SC0404CRF", "AT88RF01C", "AT88RF04C", "ICODE SL2", "MIFARE Plus SL1 2K"],
  ...["MIFARE Plus SL1 4K", "MIFARE Plus SL2 2K", "MIFARE Plus SL2 4K", "MIFARE Ultralight C"],
  ...["FeliCa", "Melexis Sensor Tag (MLX90129)", "MIFARE Ultralight EV1"],
];

/** 80, application identifier, its length, then the PC/SC workgroup's RID. */
const start: readonly number[] = [0x80, 0x4f, 0x0c, 0xa0, 0x00, 0x00, 0x03, 0x06];

/** Reads SS and NN from the historical bytes; undefined when they are not of that form. */
export function readStorageCard(historical: Uint8Array): StorageCard | undefined {
  if (historical.length < 11 || !start.every((byte, index) => historical[index] === byte)) {
    return undefined;
  }
  const [standardValue = 0, high = 0, low = 0] = historical.subarray(8);
  const cardNameValue = (high << 8) | low;
  return Object.freeze({
    standardValue,
    standard: standards.get(standardValue),
    cardNameValue,
    cardName: cardNames[cardNameValue - 1],
  });
}
