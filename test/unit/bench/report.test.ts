// The arithmetic of the benchmarks: what a report says must follow from the samples.
import { expect, test } from "vitest";

import { cases } from "../../../bench/suite/cases.mjs";
import { distribution, short } from "../../../bench/suite/statistics.mjs";
import { dotChart, lineChart } from "../../../bench/suite/svg.mjs";
import { type Results, judgeAll, targets } from "../../../bench/suite/targets.mjs";

/** A case's outcomes, of one sample each. */
function outcomes(medians: Readonly<Record<string, number>>): Results[string] {
  return Object.fromEntries(
    Object.entries(medians).map(([name, value]) => [
      name,
      { ...distribution([value]), samples: [value] },
    ]),
  );
}

function verdict(results: Results, title: string): boolean | undefined {
  const found = judgeAll(results).find((one) => one.title.startsWith(title));
  if (found === undefined) throw new Error(`no target ${title}`);
  return found.reached;
}

test("a distribution has the median, the least and the middle half", () => {
  expect(distribution([5, 1, 4, 2, 3])).toEqual({ median: 3, least: 1, low: 2, high: 4, count: 5 });
  expect(distribution([1, 2]).median).toBe(1.5);
  expect(distribution([]).median).toBeNaN();
});

test("figures are shown with three digits", () => {
  expect([0.01234, 1.234, 12.34, 123.4, 12_345, NaN].map(short)).toEqual([
    "0.012",
    "1.23",
    "12.3",
    "123",
    "12 345",
    "-",
  ]);
});

test("a target is judged by the best peer, whichever that is", () => {
  const awaited = (scard: number): Results => ({
    awaited: outcomes({ scard, smartcard: 30, "pcsc-mini": 28, pcsclite: 34 }),
  });
  expect(verdict(awaited(7), "awaited, stand-in")).toBe(true);
  expect(verdict(awaited(7.1), "awaited, stand-in")).toBe(false);
});

test("a target is judged by raw C of the same run", () => {
  const into = (scard: number): Results => ({ into: outcomes({ scard, raw: 0.02 }) });
  expect(verdict(into(0.16), "into a caller's buffer")).toBe(true);
  expect(verdict(into(0.18), "into a caller's buffer")).toBe(false);
  const many = (scard: number): Results => ({ "readers-64": outcomes({ scard, raw: 1000 }) });
  expect(verdict(many(951), "64 readers")).toBe(true);
  expect(verdict(many(949), "64 readers")).toBe(false);
});

test("a target whose figures are missing is neither reached nor not", () => {
  const absent: Results = {
    awaited: { ...outcomes({ scard: 1 }), smartcard: { absent: "not installed" } },
  };
  expect(judgeAll(absent).map(({ reached }) => reached)).toEqual(targets.map(() => undefined));
});

test("cases have names of their own", () => {
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
});

test("charts show every mark, with text that is safe in XML", () => {
  const series = [
    { name: "raw", title: "raw C" },
    { name: "scard", title: "scard <&>" },
  ];
  const [raw, scard] = [distribution([0.02, 0.03]), distribution([9, 10])];
  const dots = dotChart({
    title: "dots",
    axis: "us",
    series,
    rows: [{ title: "awaited", marks: { raw, scard } }],
  });
  expect(dots).toContain("scard &lt;&amp;&gt;");
  expect(dots).not.toContain("NaN");
  // Legend and mark.
  expect(dots.match(/<circle/g)).toHaveLength(2);
  const lines = { raw: [raw, raw], scard: [undefined, scard] };
  const chart = { title: "lines", axis: "readers", unit: "APDU/s", series, places: [1, 64], lines };
  expect(lineChart(chart)).not.toContain("NaN");
  expect(lineChart(chart).match(/<polyline/g)).toHaveLength(2);
});
