// Interface bytes of ISO/IEC 7816-3, 8.3: what each one says, and the parameters they add up to.

/** One interface byte. */
export interface InterfaceByte {
  /** Its name in the standard, such as `"TA1"`. */
  readonly name: string;
  readonly value: number;
  /** Where it stands in the ATR. */
  readonly offset: number;
  /**
   * The protocol it belongs to (0 or 1, rarely another), 15 for global bytes announced by T=15,
   * undefined for the other global bytes (TA1, TB1, TC1, TA2, TB2, every TD).
   */
  readonly protocol: number | undefined;
  /** What it says, in English. */
  readonly meaning: string;
}

/** Communication parameters every protocol shares. */
export interface GlobalParameters {
  /** Fi, clock rate conversion: clock cycles per etu at Di 1. Undefined when reserved. Default 372. */
  readonly fi: number | undefined;
  /** Di, baud rate adjustment. Undefined when reserved. Default 1. */
  readonly di: number | undefined;
  /** f(max) in MHz. Undefined when reserved. Default 5. */
  readonly maxClockMHz: number | undefined;
  /** N of TC1, 0 to 254 etu more than the least guard time; 255 asks for the least. Default 0. */
  readonly extraGuardTime: number;
  /** TA2: the card is in specific mode; undefined means negotiable mode (PPS is possible). */
  readonly specificMode:
    | {
        /** The protocol in use. */
        readonly protocol: number;
        /** Whether a warm reset can bring the card to negotiable mode. */
        readonly canChange: boolean;
        /** Whether Fi and Di are defined otherwise than by TA1. */
        readonly implicitParameters: boolean;
      }
    | undefined;
}

/** Parameters of T=0. */
export interface T0Parameters {
  /** WI of TC2, 1 to 255: waiting time is WI x 960 x Fi/f. Default 10. */
  readonly waitingTimeInteger: number;
}

/** Parameters of T=1. */
export interface T1Parameters {
  /** IFSC: longest information field the card takes, 1 to 254 bytes. Default 32. */
  readonly ifsc: number;
  /** BWI, 0 to 9: block waiting time is 11 etu + 2^BWI x 960 x 372/f. Default 4. */
  readonly bwi: number;
  /** CWI, 0 to 15: character waiting time is 11 + 2^CWI etu. Default 13. */
  readonly cwi: number;
  /** Error detection: 1 byte LRC or 2 bytes CRC. Default `"lrc"`. */
  readonly edc: "lrc" | "crc";
}

/** Parameters announced by T=15. */
export interface T15Parameters {
  /** Clock stop: not supported, only in that state of CLK, or in either. */
  readonly clockStop: "not-supported" | "low" | "high" | "any";
  /** Classes of operating conditions: A 5 V, B 3 V, C 1.8 V. Empty when the value is reserved. */
  readonly voltageClasses: readonly ("A" | "B" | "C")[];
  /** Use of the contact C6 (SPU): undefined when not said. */
  readonly spu: "not-used" | "standard" | "proprietary" | undefined;
}

/** TA1's high nibble: Fi and f(max) in MHz. */
const clockRates: readonly (readonly [fi: number, maxMHz: number] | undefined)[] = [
  [372, 4],
  [372, 5],
  [558, 6],
  [744, 8],
  [1116, 12],
  [1488, 16],
  [1860, 20],
  undefined,
  undefined,
  [512, 5],
  [768, 7.5],
  [1024, 10],
  [1536, 15],
  [2048, 20],
];

/** TA1's low nibble: Di. */
const baudRates: readonly (number | undefined)[] = [undefined, 1, 2, 4, 8, 16, 32, 64, 12, 20];

const clockStops = ["not-supported", "low", "high", "any"] as const;

/** By Y, the low 6 bits of the first TA for T=15. */
const voltageClasses: ReadonlyMap<number, readonly ("A" | "B" | "C")[]> = new Map([
  [0x01, ["A"]],
  [0x02, ["B"]],
  [0x04, ["C"]],
  [0x03, ["A", "B"]],
  [0x06, ["B", "C"]],
  [0x07, ["A", "B", "C"]],
] as const);

/** The value of the first interface byte of a kind for a protocol, whatever its index. */
export type FindByte = (letter: "A" | "B" | "C", protocol: number) => number | undefined;

export function globalParameters(
  ta1: number | undefined,
  tc1: number | undefined,
  ta2: number | undefined,
): GlobalParameters {
  const byte = ta1 ?? 0x11;
  const rate = clockRates[byte >> 4];
  return Object.freeze({
    fi: rate?.[0],
    di: baudRates[byte & 0x0f],
    maxClockMHz: rate?.[1],
    extraGuardTime: tc1 ?? 0,
    specificMode: ta2 === undefined ? undefined : Object.freeze(specificMode(ta2)),
  });
}

function specificMode(ta2: number): NonNullable<GlobalParameters["specificMode"]> {
  return {
    protocol: ta2 & 0x0f,
    canChange: (ta2 & 0x80) === 0,
    implicitParameters: (ta2 & 0x10) !== 0,
  };
}

export function t0Parameters(tc2: number | undefined): T0Parameters {
  // 00 is reserved; the default stands in for it.
  return Object.freeze({ waitingTimeInteger: tc2 === undefined || tc2 === 0 ? 10 : tc2 });
}

export function t1Parameters(find: FindByte): T1Parameters {
  const ta = find("A", 1) ?? 32;
  const tb = find("B", 1) ?? 0x4d;
  // 00 and FF are reserved; the default stands in for them.
  const ifsc = ta === 0 || ta === 0xff ? 32 : ta;
  const edc = ((find("C", 1) ?? 0) & 1) === 1 ? "crc" : "lrc";
  return Object.freeze({ ifsc, bwi: tb >> 4, cwi: tb & 0x0f, edc });
}

export function t15Parameters(find: FindByte): T15Parameters {
  // Without the byte: clock stop not supported, class A only.
  const ta = find("A", 15) ?? 0x01;
  const tb = find("B", 15);
  const spu =
    tb === undefined ? undefined : tb === 0 ? "not-used" : tb < 0x80 ? "standard" : "proprietary";
  return Object.freeze({
    clockStop: clockStops[ta >> 6] ?? "not-supported",
    voltageClasses: voltageClasses.get(ta & 0x3f) ?? [],
    spu,
  });
}

/** What one interface byte says. `first` is whether it is the first of its kind for its protocol. */
export function interfaceByteMeaning(
  name: string,
  value: number,
  protocol: number | undefined,
  first: boolean,
): string {
  const fixed = fixedMeanings[name];
  if (fixed !== undefined) {
    return fixed(value);
  }
  const letter = name.slice(0, 2);
  if (letter === "TD") {
    return describeTd(value);
  }
  const specific = first ? specificMeanings[`${letter} T=${String(protocol)}`] : undefined;
  return specific?.(value) ?? `Not defined for T=${String(protocol)}`;
}

type Meaning = (value: number) => string;

const fixedMeanings: Readonly<Record<string, Meaning | undefined>> = {
  TA1: describeTa1,
  TB1: (value) => (value === 0 ? "No programming voltage (deprecated byte)" : describeVpp),
  TC1: describeTc1,
  TA2: describeTa2,
  TB2: () => describeVpp,
  TC2: (value) =>
    value === 0 ? "WI reserved" : `WI ${String(value)}: waiting time ${String(value)} x 960 x Fi/f`,
};

const specificMeanings: Readonly<Record<string, Meaning | undefined>> = {
  "TA T=1": (value) =>
    value === 0 || value === 0xff ? "IFSC reserved" : `IFSC ${String(value)} bytes`,
  "TB T=1": (value) => {
    const bwi = value >> 4;
    const reserved = bwi > 9 ? " (reserved)" : "";
    return `BWI ${String(bwi)}${reserved}, CWI ${String(value & 0x0f)}`;
  },
  "TC T=1": (value) => `Error detection ${(value & 1) === 1 ? "CRC" : "LRC"}`,
  "TA T=15": (value) => {
    const { clockStop, voltageClasses: classes } = t15Parameters((letter) =>
      letter === "A" ? value : undefined,
    );
    const named = classes.length === 0 ? "reserved" : classes.join(", ");
    return `Clock stop ${clockStop}, operating conditions class ${named}`;
  },
  "TB T=15": (value) =>
    `Contact C6 ${String(t15Parameters((letter) => (letter === "B" ? value : 1)).spu)}`,
};

const describeVpp = "Programming voltage or current (deprecated, ignored)";

function describeTa1(value: number): string {
  const { fi, di, maxClockMHz } = globalParameters(value, undefined, undefined);
  if (fi === undefined || di === undefined) {
    return `Fi ${String(fi ?? "reserved")}, Di ${String(di ?? "reserved")}`;
  }
  const cycles = String(Math.round((fi / di) * 100) / 100);
  return `Fi ${String(fi)}, Di ${String(di)}: ${cycles} clock cycles per etu, at most ${String(maxClockMHz)} MHz`;
}

function describeTc1(value: number): string {
  return value === 0xff
    ? "N 255: guard time 12 etu for T=0, 11 etu for T=1"
    : `N ${String(value)}: ${String(value)} extra etu of guard time`;
}

function describeTa2(value: number): string {
  const { protocol, canChange, implicitParameters } = specificMode(value);
  const change = canChange ? "able to change" : "unable to change";
  const by = implicitParameters ? "implicit values" : "TA1";
  return `Specific mode T=${String(protocol)}, ${change}, parameters by ${by}`;
}

function describeTd(value: number): string {
  const next = value >> 4;
  const names = ["TA", "TB", "TC", "TD"].filter((_, bit) => (next & (1 << bit)) !== 0);
  const following = names.length === 0 ? "no more interface bytes" : `next ${names.join(", ")}`;
  return `T=${String(value & 0x0f)}, ${following}`;
}
