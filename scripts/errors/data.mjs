// Reads and checks codes.json.

/** @typedef {"windows" | "pcsclite" | "macos"} Family */
/**
 * @typedef {object} Code
 * @property {string} symbol
 * @property {Record<Family, number>} values
 * @property {readonly Family[]} namedOn Families where a result of this value gets this name.
 * @property {readonly Family[]} definedBy Families whose own library can return it.
 * @property {string} text
 * @property {string} cause
 * @property {string} remedy
 * @property {boolean} retry
 * @property {boolean} reconnect
 */
/**
 * One number that a call can return, with its name per family. A number that only another family
 * defines keeps that family's name, so that nothing known shows up as a bare number.
 * @typedef {object} Name
 * @property {number} value
 * @property {string} windows
 * @property {string} pcsclite
 */
/** @typedef {{ codes: readonly Code[], names: readonly Name[] }} Data */

/**
 * A code as the file has it: numbers are text, since JSON has no hexadecimal ones.
 * @typedef {Omit<Code, "values" | "namedOn" | "definedBy"> & {
 *   value?: string, values?: Partial<Record<Family, string>>,
 *   namedOn?: readonly Family[], definedBy?: readonly Family[] }} Entry
 */

const keys = new Set(
  "symbol value values namedOn definedBy text cause remedy retry reconnect".split(" "),
);

/**
 * @param {string} json
 * @returns {Data}
 */
export function readCodes(json) {
  /** @type {{ families: readonly Family[], codes: readonly Entry[] }} */
  const { families, codes: entries } = JSON.parse(json);
  const codes = entries.map((entry) => readCode(entry, families));
  if (new Set(codes.map((code) => code.symbol)).size !== codes.length) {
    throw new Error("codes.json: a symbol appears twice");
  }
  return { codes, names: nameValues(codes) };
}

/**
 * @param {Entry} entry
 * @param {readonly Family[]} families
 * @returns {Code}
 */
function readCode(entry, families) {
  const unknown = Object.keys(entry).find((key) => !keys.has(key));
  if (unknown !== undefined) {
    throw new Error(`codes.json: ${entry.symbol} has an unknown key ${unknown}`);
  }
  for (const sentence of [entry.text, entry.cause, entry.remedy]) {
    if (!/^\S.*\.$/.test(sentence)) {
      throw new Error(`codes.json: ${entry.symbol}: not a sentence: ${sentence}`);
    }
  }
  /** @param {Family} family */
  const valueOn = (family) => Number(entry.values?.[family] ?? entry.value);
  const values = {
    windows: valueOn("windows"),
    pcsclite: valueOn("pcsclite"),
    macos: valueOn("macos"),
  };
  if (values.pcsclite !== values.macos || Object.values(values).some(Number.isNaN)) {
    throw new Error(`codes.json: ${entry.symbol}: needs a value, the same on pcsclite and macos`);
  }
  return { namedOn: families, definedBy: families, ...entry, values };
}

/**
 * @param {readonly Code[]} codes
 * @returns {Name[]}
 */
function nameValues(codes) {
  const values = new Set(codes.flatMap((code) => Object.values(code.values)));
  return [...values]
    .sort((left, right) => left - right)
    .map((value) => ({
      value,
      windows: nameOf(codes, value, "windows", "pcsclite"),
      pcsclite: nameOf(codes, value, "pcsclite", "windows"),
    }));
}

/**
 * @param {readonly Code[]} codes
 * @param {number} value
 * @param {readonly Family[]} order
 */
function nameOf(codes, value, ...order) {
  for (const family of order) {
    const named = codes.filter(
      (code) => code.values[family] === value && code.namedOn.includes(family),
    );
    if (named.length > 1) {
      throw new Error(`codes.json: ${hex(value)} has ${named.length} names on ${family}`);
    }
    if (named[0] !== undefined) {
      return named[0].symbol;
    }
  }
  throw new Error(`codes.json: ${hex(value)} has no name`);
}

/** @param {number} value */
export const hex = (value) => `0x${value.toString(16).toUpperCase().padStart(8, "0")}`;
