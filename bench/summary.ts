/** A distribution in one line. */
export function summary(values: readonly number[]): {
  readonly median: number;
  readonly text: string;
} {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  const shown = [
    ["least", at(0)],
    ["median", at(0.5)],
    ["95 %", at(0.95)],
    ["most", at(1)],
  ].map(([name, value]) => `${String(name)} ${Number(value).toFixed(3)}`);
  return { median: at(0.5), text: `${shown.join(", ")} (${String(values.length)} values)` };
}
