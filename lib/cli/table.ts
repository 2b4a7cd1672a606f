import { textWidth } from "./printable.js";
import type { Style } from "./style.js";

/** Lines of an aligned table: a heading, then the rows. The last column is not padded. */
export function tableLines(
  style: Style,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(textWidth(heading), ...rows.map((row) => textWidth(row[column] ?? ""))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === cells.length - 1 ? cell : padTo(cell, widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(headings.map((heading) => style.bold(heading))), ...rows.map(line)];
}

/** Below this width a value stands under its label, not beside it: a GUID has 38 characters. */
const leastBeside = 40;

/**
 * Lines of a table where it is no wider than `columns`; else a block for each row, its first cell as
 * the title. A first column "#" counts the rows and stands before the title.
 */
export function fittingLines(
  style: Style,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): string[] {
  const table = tableLines(style, headings, rows);
  if (table.every((line) => textWidth(line) <= columns)) {
    return table;
  }
  const titles = headings[0] === "#" ? 2 : 1;
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : [""]),
    row.slice(0, titles).map(style.bold).join("  "),
    ...blockLines(style, headings.slice(titles), row.slice(titles), columns),
  ]);
}

function blockLines(
  style: Style,
  labels: readonly string[],
  values: readonly string[],
  columns: number,
): string[] {
  const width = Math.max(0, ...labels.map(textWidth));
  const left = columns - width - 4;
  return labels.flatMap((label, index) => {
    const value = values[index] ?? "";
    if (value === "") {
      return [];
    }
    if (left < leastBeside) {
      return [`  ${style.dim(label)}`, ...wrapped(value, columns - 4).map((line) => `    ${line}`)];
    }
    const [first = "", ...rest] = wrapped(value, left);
    const indent = " ".repeat(width + 4);
    return [`  ${style.dim(padTo(label, width))}  ${first}`, ...rest.map((line) => indent + line)];
  });
}

/** Breaks at spaces alone: a word that is too wide stays whole, to be copied. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(last) + 1 + textWidth(word) <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/** Lines of `label  value`, with the labels in one column. */
export function fieldLines(
  style: Style,
  fields: readonly (readonly [label: string, value: string])[],
  indent = "",
): string[] {
  const width = Math.max(0, ...fields.map(([label]) => textWidth(label)));
  return fields.map(([label, value]) =>
    `${indent}${style.dim(padTo(label, width))}  ${value}`.trimEnd(),
  );
}

function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}
