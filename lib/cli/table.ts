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
