// How the commands show an answer-to-reset.
import { hexByte, hexWord, toHex } from "../bytes.js";
import { AtrError } from "../iso7816/format-error.js";
import { type Atr, parseAtr } from "../iso7816/atr.js";
import type { HistoricalBytes } from "../iso7816/atr-historical-bytes.js";
import type { CardCapabilities } from "../iso7816/card-capabilities.js";
import { printable } from "./printable.js";

type Field = readonly [label: string, value: string];

/**
 * One line on the ATR of a card in a reader: protocols, what it says of itself. A wrong check
 * character is told, not refused: the card is there all the same.
 */
export function summarizeAtr(bytes: Uint8Array): string {
  const atr = tryParse(bytes);
  if (atr instanceof AtrError) {
    return atr.message;
  }
  const { historicalBytes: historical, tck } = atr;
  const about = aboutCard(historical);
  return [
    protocolNames(atr.protocols),
    ...(about === "" ? [] : [about]),
    ...(tck?.valid === false ? ["wrong TCK"] : []),
  ].join(", ");
}

/** The same behind the first name that the card is known by. */
export function nameAndAtr(names: readonly string[] | undefined, bytes: Uint8Array): string {
  const [name] = names ?? [];
  return [...(name === undefined ? [] : [printable(name)]), summarizeAtr(bytes)].join(", ");
}

/** The ATR in full, part by part. */
export function atrFields(atr: Atr): Field[] {
  const { global, tck, t1 } = atr;
  const rate =
    global.fi === undefined || global.di === undefined
      ? []
      : ([["Speed", speed(global.fi, global.di, global.maxClockMHz)]] as const);
  return [
    ["ATR", toHex(atr.bytes, " ")],
    ["Convention", atr.convention],
    ["Protocols", protocolList(atr)],
    ...rate,
    ...(t1 === undefined ? [] : [["T=1", t1Text(t1)] as const]),
    ...historicalFields(atr.historicalBytes),
    ...(tck === undefined ? [] : [["Check byte", tckText(tck)] as const]),
  ];
}

/** A field for each name that a card is known by. */
export function knownFields(names: readonly string[]): Field[] {
  return names.map((name, index) => [index === 0 ? "Known as" : "", printable(name)]);
}

/** Each byte of the ATR with its name and meaning. */
export function atrByteRows(atr: Atr): string[][] {
  const [ts = 0, t0 = 0] = atr.bytes;
  const count = atr.historicalBytes.bytes.length;
  const row = (name: string, value: string, meaning: string): string[] => [name, value, meaning];
  return [
    row("TS", hexByte(ts), `${atr.convention} convention`),
    row("T0", hexByte(t0), countHistorical(count)),
    ...atr.interfaceBytes.map(({ name, value, meaning }) => row(name, hexByte(value), meaning)),
    ...(count === 0
      ? []
      : [
          row(
            count === 1 ? "T1" : `T1-T${String(count)}`,
            toHex(atr.historicalBytes.bytes, " "),
            "historical bytes",
          ),
        ]),
    ...(atr.tck === undefined ? [] : [row("TCK", hexByte(atr.tck.value), tckText(atr.tck))]),
  ];
}

/** An ATR for JSON documents: every array of bytes as hexadecimal text. */
export function atrJson(atr: Atr): unknown {
  return JSON.parse(
    JSON.stringify({ ...atr, bytes: undefined }, (_key, value: unknown) =>
      value instanceof Uint8Array ? toHex(value) : value,
    ),
  );
}

/** The same for the ATR of a card in a reader; null without one, `{ error }` when malformed. */
export function cardAtrJson(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) {
    return null;
  }
  const atr = tryParse(bytes);
  return atr instanceof AtrError ? { hex: toHex(bytes), error: atr.message } : atrJson(atr);
}

/** The fields for the ATR of a card in a reader. */
export function cardAtrFields(bytes: Uint8Array): Field[] {
  const atr = tryParse(bytes);
  return atr instanceof AtrError
    ? [
        ["ATR", toHex(bytes, " ")],
        ["", atr.message],
      ]
    : atrFields(atr);
}

function tryParse(bytes: Uint8Array): Atr | AtrError {
  try {
    return parseAtr(bytes, { checkTck: false });
  } catch (error) {
    if (error instanceof AtrError) {
      return error;
    }
    throw error;
  }
}

function protocolNames(protocols: readonly number[]): string {
  return protocols.map((protocol) => `T=${String(protocol)}`).join(" ");
}

function protocolList(atr: Atr): string {
  const names = protocolNames(atr.protocols);
  return atr.protocols.length > 1 ? `${names} (T=${String(atr.defaultProtocol)} first)` : names;
}

function speed(fi: number, di: number, maxClockMHz: number | undefined): string {
  const cycles = Math.round((fi / di) * 100) / 100;
  if (maxClockMHz === undefined) {
    return `${String(cycles)} clock cycles per bit`;
  }
  const bits = Math.floor((maxClockMHz * 1_000_000 * di) / fi);
  return `${String(bits)} bit/s at ${String(maxClockMHz)} MHz (Fi ${String(fi)}, Di ${String(di)})`;
}

function t1Text({ ifsc, bwi, cwi, edc }: NonNullable<Atr["t1"]>): string {
  return `blocks of ${String(ifsc)} bytes, BWI ${String(bwi)}, CWI ${String(cwi)}, ${edc.toUpperCase()}`;
}

function tckText({ value, expected, valid }: NonNullable<Atr["tck"]>): string {
  if (valid) {
    return `${hexByte(value)}, correct`;
  }
  return value === expected
    ? `${hexByte(value)}, superfluous`
    : `${hexByte(value)}, wrong: ${hexByte(expected)} expected`;
}

function countHistorical(count: number): string {
  return count === 0 ? "no historical bytes" : `historical bytes: ${String(count)}`;
}

function historicalFields(historical: HistoricalBytes): Field[] {
  if (historical.format === "none") {
    return [];
  }
  const fields: Field[] = [["Historical", `${toHex(historical.bytes, " ")}${textOf(historical)}`]];
  const add = (label: string, value: string | undefined): void => {
    if (value !== undefined && value !== "") {
      fields.push([label, value]);
    }
  };
  const { storageCard, statusIndicator, cardCapabilities: capabilities } = historical;
  add("Card", storageCard?.cardName);
  add("Standard", storageCard?.standard);
  add("AID", hexOf(historical.aid));
  add("Country", historical.countryCode);
  add("Issuer", historical.issuerIdentification);
  add("Issuer data", hexOf(historical.cardIssuerData));
  add("Pre-issuing", hexOf(historical.preIssuingData));
  add("Initial access", hexOf(historical.initialAccessData));
  add("Capabilities", capabilities === undefined ? undefined : capabilitiesText(capabilities));
  add("Life cycle", statusIndicator?.lifeCycleMeaning);
  add("Status", statusIndicator?.sw === undefined ? undefined : hexWord(statusIndicator.sw));
  add("Defect", historical.defect);
  return fields;
}

function aboutCard(historical: HistoricalBytes): string {
  const name = historical.storageCard?.cardName;
  if (name !== undefined) {
    return name;
  }
  const text = letters(historical);
  if (text !== "") {
    return `"${text}"`;
  }
  return historical.cardCapabilities?.extendedLength === true ? "extended length" : "";
}

function capabilitiesText(capabilities: CardCapabilities): string {
  const { extendedLength, commandChaining, logicalChannels, selection } = capabilities;
  const ways = [
    ...(selection.fullDfName ? ["full name"] : []),
    ...(selection.partialDfName ? ["partial name"] : []),
    ...(selection.path ? ["path"] : []),
    ...(selection.fileIdentifier ? ["file identifier"] : []),
  ];
  return [
    ...(ways.length === 0 ? [] : [`select by ${ways.join(", ")}`]),
    ...(extendedLength === undefined
      ? []
      : [extendedLength ? "extended length" : "no extended length"]),
    ...(commandChaining === true ? ["command chaining"] : []),
    ...(logicalChannels === undefined || logicalChannels < 2
      ? []
      : [`logical channels: ${String(logicalChannels)}`]),
  ].join("; ");
}

/** Many cards spell their name in proprietary historical bytes or in their issuer's data. */
function letters(historical: HistoricalBytes): string {
  const bytes =
    historical.format === "proprietary"
      ? historical.bytes
      : (historical.cardIssuerData ?? historical.preIssuingData);
  if (bytes === undefined || bytes.length < 3) {
    return "";
  }
  const readable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return readable ? printable(String.fromCharCode(...bytes)) : "";
}

function textOf(historical: HistoricalBytes): string {
  const text = letters(historical);
  return text === "" ? "" : `  "${text}"`;
}

function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : toHex(bytes, " ");
}
