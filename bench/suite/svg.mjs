// Charts as SVG, drawn by hand: dots with their spread on a logarithmic scale, and lines.
import { short } from "./statistics.mjs";

/** One colour a contender, told apart by the colour-blind too; a shape each beside it. */
const looks = /** @type {Readonly<Record<string, { colour: string, shape: string }>>} */ ({
  raw: { colour: "#6b7280", shape: "square" },
  scard: { colour: "#0072b2", shape: "circle" },
  "scard-quiet": { colour: "#56b4e9", shape: "ring" },
  smartcard: { colour: "#d55e00", shape: "triangle" },
  "pcsc-mini": { colour: "#009e73", shape: "diamond" },
  pcsclite: { colour: "#cc79a7", shape: "cross" },
});

/** @typedef {{ name: string, title: string }} Series */
/** @typedef {{ median: number, low: number, high: number }} Mark */

/** @param {string} text */
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const font = 'font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif"';

/** @param {number} x @param {number} y @param {string} text @param {string} [extra] */
const label = (x, y, text, extra = "") =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${extra}>${escaped(text)}</text>`;

/** @param {string} name @param {number} x @param {number} y */
function symbol(name, x, y) {
  const { colour, shape } = looks[name] ?? { colour: "#000", shape: "circle" };
  const place = `transform="translate(${x.toFixed(1)} ${y.toFixed(1)})"`;
  const fill = `fill="${colour}" stroke="#fff" stroke-width="1"`;
  switch (shape) {
    case "square":
      return `<rect x="-5" y="-5" width="10" height="10" ${place} ${fill}/>`;
    case "ring":
      return `<circle r="4.5" ${place} fill="#fff" stroke="${colour}" stroke-width="2.5"/>`;
    case "triangle":
      return `<path d="M0 -6.5 L6 5 L-6 5 Z" ${place} ${fill}/>`;
    case "diamond":
      return `<path d="M0 -6.5 L6.5 0 L0 6.5 L-6.5 0 Z" ${place} ${fill}/>`;
    case "cross":
      return `<path d="M-4 -4 L4 4 M-4 4 L4 -4" ${place} stroke="${colour}" stroke-width="3"/>`;
    default:
      return `<circle r="6" ${place} ${fill}/>`;
  }
}

/** @param {readonly Series[]} series @param {number} x @param {number} y @param {number} width */
function legend(series, x, y, width) {
  let [left, top] = [x, y];
  const parts = series.map(({ name, title }) => {
    const size = 26 + title.length * 7;
    if (left + size > x + width) [left, top] = [x, top + 20];
    const part = symbol(name, left + 6, top - 4) + label(left + 18, top, title);
    left += size;
    return part;
  });
  return { text: parts.join("\n"), bottom: top };
}

/** Powers of ten around the values. @param {readonly number[]} values */
function decades(values) {
  const positive = values.filter((value) => value > 0);
  const first = Math.floor(Math.log10(Math.min(...positive)));
  const last = Math.ceil(Math.log10(Math.max(...positive)));
  return { first, last: Math.max(last, first + 1) };
}

/** Values to draw a line at: the powers of ten, and between them where there are few. @param {number} first @param {number} last */
function ticks(first, last) {
  const between = last - first <= 2 ? [1, 2, 5] : [1];
  const all = [];
  for (let power = first; power <= last; ++power)
    for (const factor of between)
      if (factor === 1 || power < last) all.push(Number((factor * 10 ** power).toPrecision(1)));
  return all;
}

/** @param {number} width @param {number} height @param {string} title @param {readonly string[]} parts */
function picture(width, height, title, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" ${font} font-size="13" fill="#1f2937">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    label(16, 26, title, 'font-size="16" font-weight="600"'),
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/**
 * A row for each case, a mark for each contender, on a logarithmic scale; the bar is where the middle
 * half of the rounds was.
 * @param {{ title: string, axis: string, series: readonly Series[], rows: readonly { title: string, marks: Record<string, Mark> }[] }} chart
 */
export function dotChart({ title, axis, series, rows }) {
  const [width, left, right, pitch] = [860, 250, 80, 34];
  const values = rows.flatMap(({ marks }) => Object.values(marks).map(({ median }) => median));
  const { first, last } = decades(values);
  const key = legend(series, 16, 52, width - 32);
  const top = key.bottom + 22;
  const bottom = top + rows.length * pitch;
  const plot = width - left - right;
  const x = (/** @type {number} */ value) =>
    left + (plot * (Math.log10(Math.max(value, 10 ** first)) - first)) / (last - first);
  const parts = [key.text];
  for (const tick of ticks(first, last)) {
    const at = x(tick);
    parts.push(
      `<line x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${top}" y2="${bottom}" stroke="#d1d5db"/>`,
      label(at, bottom + 18, String(tick), 'text-anchor="middle"'),
    );
  }
  parts.push(label(left + plot / 2, bottom + 40, axis, 'text-anchor="middle" fill="#4b5563"'));
  rows.forEach(({ title: name, marks }, index) => {
    const y = top + (index + 0.5) * pitch;
    parts.push(
      `<line x1="${left}" x2="${width - right}" y1="${y}" y2="${y}" stroke="#eef0f3"/>`,
      label(left - 14, y + 4, name, 'text-anchor="end"'),
    );
    // Ours last, on top.
    const order = [...series]
      .reverse()
      .sort((a, b) => Number(a.name === "scard") - Number(b.name === "scard"));
    for (const { name: contender } of order) {
      const mark = marks[contender];
      if (mark === undefined || mark.median <= 0) continue;
      const colour = looks[contender]?.colour ?? "#000";
      parts.push(
        `<line x1="${x(mark.low).toFixed(1)}" x2="${x(mark.high).toFixed(1)}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="4" stroke-opacity="0.35"/>`,
        symbol(contender, x(mark.median), y),
      );
    }
    const ours = marks["scard"];
    if (ours !== undefined) {
      const look = `fill="${looks["scard"]?.colour ?? ""}" font-weight="600"`;
      parts.push(label(width - right + 14, y + 4, short(ours.median), look));
    }
  });
  return picture(width, bottom + 54, title, parts);
}

/**
 * Lines over a few places on the axis, both scales logarithmic.
 * @param {{ title: string, axis: string, unit: string, series: readonly Series[], places: readonly number[], lines: Record<string, readonly (Mark | undefined)[]> }} chart
 */
export function lineChart({ title, axis, unit, series, places, lines }) {
  const [width, left, right, plotHeight] = [860, 90, 110, 300];
  const marks = Object.values(lines).flatMap((line) => line.filter((mark) => mark !== undefined));
  const { first, last } = decades(marks.map(({ median }) => median));
  const key = legend(series, 16, 52, width - 32);
  const top = key.bottom + 34;
  const bottom = top + plotHeight;
  const plot = width - left - right;
  const [start, end] = [Math.log(places[0] ?? 1), Math.log(places.at(-1) ?? 2)];
  const x = (/** @type {number} */ place) =>
    left + (plot * (Math.log(place) - start)) / (end - start);
  const y = (/** @type {number} */ value) =>
    bottom - (plotHeight * (Math.log10(value) - first)) / (last - first);
  const parts = [key.text, label(left, top - 12, unit, 'fill="#4b5563"')];
  for (const tick of ticks(first, last)) {
    const at = y(tick);
    parts.push(
      `<line x1="${left}" x2="${width - right}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}" stroke="#d1d5db"/>`,
      label(left - 10, at + 4, short(tick), 'text-anchor="end"'),
    );
  }
  for (const place of places)
    parts.push(label(x(place), bottom + 20, String(place), 'text-anchor="middle"'));
  parts.push(label(left + plot / 2, bottom + 42, axis, 'text-anchor="middle" fill="#4b5563"'));
  // Ours on top.
  const order = [...series].sort((a, b) => Number(a.name === "scard") - Number(b.name === "scard"));
  /** @type {{ y: number, value: number, colour: string }[]} */
  const ends = [];
  for (const { name } of order) {
    const points = places.flatMap((place, index) => {
      const value = lines[name]?.[index]?.median;
      return value === undefined ? [] : [{ place, at: x(place), y: y(value), value }];
    });
    const path = points.map((point) => `${point.at.toFixed(1)},${point.y.toFixed(1)}`).join(" ");
    const colour = looks[name]?.colour ?? "#000";
    parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.5"/>`);
    for (const point of points) parts.push(symbol(name, point.at, point.y));
    const tail = points.at(-1);
    if (tail !== undefined && tail.place === places.at(-1))
      ends.push({ y: tail.y, value: tail.value, colour });
  }
  // The last values beside the lines, from the highest down, far enough apart to be read.
  let lowest = -Infinity;
  for (const end of ends.sort((a, b) => a.y - b.y)) {
    lowest = Math.max(end.y, lowest + 15);
    const look = `fill="${end.colour}" font-weight="600"`;
    parts.push(label(width - right + 14, lowest + 4, short(end.value), look));
  }
  return picture(width, bottom + 56, title, parts);
}
