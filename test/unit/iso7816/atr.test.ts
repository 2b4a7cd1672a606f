import { describe, expect, it } from "vitest";

import { fromHex, toHex } from "../../../lib/bytes.js";
import { ScardArgumentError } from "../../../lib/errors/argument-error.js";
import { parseAtr } from "../../../lib/iso7816/atr.js";
import { AtrError } from "../../../lib/iso7816/format-error.js";
import { Random, thrownBy } from "./random.js";

const mifare1k = "3B8F8001804F0CA000000306030001000000006A";
const usim = "3B9F96801FC78031A073BE21136743200718000001A5";
const eid = "3BD518008131FE7D8073C82110F4";
const gpk = "3BA70040188065A208010152";

/** An ATR from everything but TCK. */
function withTck(hex: string): string {
  const tck = fromHex(hex)
    .subarray(1)
    .reduce((all, byte) => all ^ byte, 0);
  return hex + toHex(Uint8Array.of(tck));
}

describe("ATRs of real cards", () => {
  it("USIM: T=0, T=15 bytes, capabilities", () => {
    const atr = parseAtr(usim);
    expect(atr).toMatchObject({ convention: "direct", protocols: [0], defaultProtocol: 0 });
    expect(atr.global).toMatchObject({ fi: 512, di: 32, maxClockMHz: 5, extraGuardTime: 0 });
    expect(atr.interfaceBytes.map(({ name, offset }) => [name, offset])).toEqual([
      ["TA1", 2],
      ["TD1", 3],
      ["TD2", 4],
      ["TA3", 5],
    ]);
    expect(atr.interfaceBytes[3]).toMatchObject({ protocol: 15, value: 0xc7 });
    expect(atr.t15).toMatchObject({ clockStop: "any", voltageClasses: ["A", "B", "C"] });
    expect(atr.t0).toEqual({ waitingTimeInteger: 10 });
    expect(atr.t1).toBeUndefined();
    expect(atr.tck).toEqual({ value: 0xa5, expected: 0xa5, valid: true });
    const { cardServiceData, cardCapabilities, preIssuingData } = atr.historicalBytes;
    expect(cardServiceData).toEqual({
      selectByFullDfName: true,
      selectByPartialDfName: false,
      objectsInEfDir: true,
      objectsInEfAtr: false,
      access: "read-record",
      hasMf: true,
    });
    expect(cardCapabilities).toEqual({
      selection: {
        fullDfName: true,
        partialDfName: false,
        path: true,
        fileIdentifier: true,
        implicitDf: true,
        shortEfIdentifier: true,
        recordNumber: true,
        recordIdentifier: false,
      },
      dataCoding: {
        tlvEfs: false,
        writeFunctions: "proprietary",
        ffStartsTag: false,
        dataUnitQuartets: 2,
      },
      commandChaining: false,
      extendedLength: false,
      extendedLengthInfo: false,
      channelAssignedBy: ["card"],
      logicalChannels: 4,
    });
    expect(toHex(preIssuingData ?? new Uint8Array())).toBe("43200718000001");
    expect(atr.hex).toBe(usim);
  });

  it("identity card: T=1 with its own IFSC and waiting times", () => {
    const atr = parseAtr(eid);
    expect(atr).toMatchObject({ protocols: [1], defaultProtocol: 1, t0: undefined });
    expect(atr.global).toMatchObject({ fi: 372, di: 12, extraGuardTime: 0 });
    expect(atr.t1).toEqual({ ifsc: 254, bwi: 7, cwi: 13, edc: "lrc" });
    expect(atr.historicalBytes.cardCapabilities).toMatchObject({
      selection: { fullDfName: true, partialDfName: true, path: false, implicitDf: true },
      channelAssignedBy: ["card"],
      logicalChannels: 1,
    });
  });

  it("T=0 only: no TCK; TC2 is the waiting time", () => {
    const atr = parseAtr(gpk);
    expect(atr.tck).toBeUndefined();
    expect(atr).toMatchObject({ protocols: [0], t0: { waitingTimeInteger: 0x18 } });
    expect(atr.historicalBytes.preIssuingData).toHaveLength(5);
    expect(atr.historicalBytes.elements).toHaveLength(1);
  });

  it("contactless storage card of PC/SC part 3", () => {
    const atr = parseAtr(mifare1k);
    expect(atr.protocols).toEqual([0, 1]);
    expect(atr.historicalBytes.defect).toBeUndefined();
    expect(atr.historicalBytes.storageCard).toEqual({
      standardValue: 3,
      standard: "ISO 14443 A, part 3",
      cardNameValue: 1,
      cardName: "MIFARE Classic 1K",
    });
  });

  it.each([
    ["0002", "MIFARE Classic 4K"],
    ["0003", "MIFARE Ultralight"],
    ["0005", undefined],
    ["0006", "SR176"],
    ["0014", "ICODE SLI"],
    ["0020", "PicoPass 32KS (8x2+8x2)"],
    ["0026", "MIFARE Mini"],
    ["0030", "Topaz NFC Tag"],
    ["003A", "MIFARE Ultralight C"],
    ["003B", "FeliCa"],
    ["003D", "MIFARE Ultralight EV1"],
    ["0000", undefined],
    ["003E", undefined],
    ["FFFF", undefined],
  ])("storage card %s is %s", (value, cardName) => {
    const hex = withTck(`3B8F8001804F0CA00000030603${value}00000000`);
    expect(parseAtr(hex).historicalBytes.storageCard?.cardName).toBe(cardName);
  });
});

describe("interface bytes", () => {
  it.each([
    ["11", 372, 1],
    ["94", 512, 8],
    ["18", 372, 12],
    ["D9", 2048, 20],
    ["00", 372, undefined],
    ["71", undefined, 1],
    ["FF", undefined, undefined],
  ])("TA1 %s: Fi %s, Di %s", (ta1, fi, di) => {
    expect(parseAtr(`3B10${ta1}`).global).toMatchObject({ fi, di });
  });

  it("reads specific mode from TA2", () => {
    const atr = parseAtr(withTck("3F80" + "91" + "91" + "00"));
    expect(atr.convention).toBe("inverse");
    expect(atr.defaultProtocol).toBe(1);
    expect(atr.global.specificMode).toEqual({
      protocol: 1,
      canChange: false,
      implicitParameters: true,
    });
    expect(parseAtr("3B00").global.specificMode).toBeUndefined();
  });

  it("takes the first bytes for T=1 at any index, and CRC from TC", () => {
    // TD1 T=0, TD2 T=1 with TA3 TB3 TC3 TD3, TD3 T=1 with TA4.
    const atr = parseAtr(withTck("3B80" + "80" + "F1" + "80" + "45" + "01" + "11" + "20"));
    expect(atr.protocols).toEqual([0, 1]);
    expect(atr.t1).toEqual({ ifsc: 128, bwi: 4, cwi: 5, edc: "crc" });
    const last = atr.interfaceBytes.at(-1);
    expect(last).toMatchObject({ name: "TA4", protocol: 1, meaning: "Not defined for T=1" });
  });

  it("stands by the defaults where nothing is said", () => {
    const atr = parseAtr("3B8001" + "81");
    expect(atr.t1).toEqual({ ifsc: 32, bwi: 4, cwi: 13, edc: "lrc" });
    expect(atr.t15).toBeUndefined();
    expect(atr.global).toMatchObject({ fi: 372, di: 1, maxClockMHz: 5 });
    expect(atr.historicalBytes.format).toBe("none");
  });

  it("says what each byte means", () => {
    const meanings = parseAtr(eid).interfaceBytes.map(({ name, meaning }) => `${name} ${meaning}`);
    expect(meanings).toEqual([
      "TA1 Fi 372, Di 12: 31 clock cycles per etu, at most 5 MHz",
      "TC1 N 0: 0 extra etu of guard time",
      "TD1 T=1, next TD",
      "TD2 T=1, next TA, TB",
      "TA3 IFSC 254 bytes",
      "TB3 BWI 7, CWI 13",
    ]);
  });
});

describe("historical bytes", () => {
  const historical = (hex: string): ReturnType<typeof parseAtr>["historicalBytes"] =>
    parseAtr(`3B0${(hex.length / 2).toString(16)}${hex}`).historicalBytes;

  it.each([
    ["00", "status-at-end"],
    ["1042", "dir-data-reference"],
    ["80", "compact-tlv"],
    ["85AA", "reserved"],
    ["9000", "proprietary"],
    ["4142", "proprietary"],
    ["", "none"],
  ])("%s is %s", (hex, format) => {
    expect(historical(hex).format).toBe(format);
  });

  it("reads the status indicator at the end, and in its own object", () => {
    const operational = "Operational state (activated)";
    const whole = { lifeCycle: 5, lifeCycleMeaning: operational, sw: 0x9000 };
    expect(historical("0031C0059000").statusIndicator).toEqual(whole);
    expect(historical("0031C0059000").cardServiceData?.selectByPartialDfName).toBe(true);
    expect(historical("8083059000").statusIndicator).toEqual(whole);
    expect(historical("808107").statusIndicator).toMatchObject({ lifeCycle: 7, sw: undefined });
    expect(historical("80829000").statusIndicator).toMatchObject({
      lifeCycle: undefined,
      sw: 0x9000,
    });
    expect(historical("00000000").statusIndicator?.sw).toBeUndefined();
    expect(historical("009000").defect).toContain("3 bytes");
  });

  it("reads the other objects", () => {
    const decoded = historical("8012027621471234");
    expect(decoded.countryCode).toBe("0276");
    expect(decoded.issuerIdentification).toBe("47");
    expect(decoded.elements.map(({ berTag, offset }) => [berTag, offset])).toEqual([
      [0x41, 3],
      [0x42, 6],
    ]);
    expect(decoded.defect).toContain("12 at byte 8 announces more");
    expect(toHex(historical("80F3A00001").aid ?? new Uint8Array())).toBe("A00001");
    expect(toHex(historical("80410A5155").initialAccessData ?? new Uint8Array())).toBe("0A");
    expect(historical("10AB").dirDataReference).toBe(0xab);
    expect(historical("8000").defect).toContain("00 at byte 3");
  });
});

describe("malformed ATRs", () => {
  it.each([
    ["", 0, "TS"],
    ["3C00", 0, "TS"],
    ["3B", 1, "T0"],
    ["3B10", 2, "TA1"],
    ["3B8080", 3, "TD2"],
    ["3B02AA", 3, "T2"],
    ["3B00AA", 2, "end"],
    ["3B8001", 3, "TCK"],
    ["3B800180", 3, "TCK"],
    ["3B80018100", 4, "end"],
    [`3B${"0F".repeat(33)}`, 33, "end"],
  ])("%s: byte %i, %s", (hex, offset, field) => {
    const error = thrownBy(() => parseAtr(hex));
    expect(error).toBeInstanceOf(AtrError);
    expect(error).toMatchObject({ code: "ERR_SCARD_ATR", offset, field });
  });

  it("takes a wrong, missing or superfluous TCK when asked to, and says so", () => {
    const tolerant = { checkTck: false };
    expect(parseAtr("3B800180", tolerant).tck).toEqual({
      value: 0x80,
      expected: 0x81,
      valid: false,
    });
    expect(parseAtr("3B8001", tolerant).tck).toBeUndefined();
    expect(parseAtr("3B0000", tolerant).tck).toMatchObject({ valid: false });
    expect(parseAtr(usim, tolerant).tck?.valid).toBe(true);
    expect(() => parseAtr("3B80018100", tolerant)).toThrow(AtrError);
  });

  it("refuses wrong arguments", () => {
    expect(() => parseAtr(5 as never)).toThrow(ScardArgumentError);
    expect(() => parseAtr(usim, { checkTCK: false } as never)).toThrow("checkTck");
    expect(() => parseAtr(usim, { checkTck: 0 } as never)).toThrow(ScardArgumentError);
  });

  it("keeps its own copy", () => {
    const bytes = Buffer.from(usim, "hex");
    const atr = parseAtr(bytes);
    bytes.fill(0);
    expect(toHex(atr.bytes)).toBe(usim);
    expect(atr.historicalBytes.bytes[0]).toBe(0x80);
  });
});

describe("random ATRs", () => {
  it("reads arbitrary bytes, or says where they are wrong", () => {
    const random = new Random(0x3b3f);
    const seen = { read: 0, refused: 0 };
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = random.bytes(random.integer(0, 36));
      bytes.set([random.pick([0x3b, 0x3f, 0x3b, 0x03])].slice(0, bytes.length));
      const checkTck = random.boolean();
      try {
        const { interfaceBytes, historicalBytes, tck } = parseAtr(bytes, { checkTck });
        const parts = 2 + interfaceBytes.length + historicalBytes.bytes.length;
        expect(parts + (tck === undefined ? 0 : 1)).toBe(bytes.length);
        seen.read += 1;
      } catch (error) {
        if (!(error instanceof AtrError)) {
          throw error;
        }
        expect(error.offset).toBeLessThanOrEqual(bytes.length);
        seen.refused += 1;
      }
    }
    expect(seen.read).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(1000);
  });

  it("names the truncation of every good ATR, and catches every single-bit fault under TCK", () => {
    for (const hex of [usim, eid, mifare1k]) {
      const whole = fromHex(hex);
      for (let length = 0; length < whole.length; length += 1) {
        const error = thrownBy(() => parseAtr(whole.subarray(0, length)));
        expect(error).toMatchObject({ name: "AtrError", offset: length });
      }
      for (let bit = 8; bit < whole.length * 8; bit += 1) {
        const faulty = whole.slice();
        faulty[bit >> 3] = (faulty[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(thrownBy(() => parseAtr(faulty))).toBeInstanceOf(AtrError);
      }
    }
  });
});
