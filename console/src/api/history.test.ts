import { expect, test } from "vitest";
import type { Hour } from "./grantry";
import { binsOf, refusalsByRule } from "./history";

const hour = (startHour: number, refused: Record<string, number>, bytes = 0): Hour => ({ startSeconds: startHour * 3600, allowed: 1, refused, buckets: 1, objects: 2, bytes });
const NOW = Date.UTC(2026, 10, 29, 13, 30);
const thisHour = Math.floor(NOW / 3_600_000);

test("hours fall into the bins of the span, and hours without a record stay empty", () => {
  const hours = [hour(thisHour - 24, { old: 9 }), hour(thisHour - 2, { a: 1 }, 10), hour(thisHour, { a: 2, b: 3 }, 20)];
  const day = binsOf(hours, "day", NOW);
  expect(day).toHaveLength(24);
  expect(day.slice(-3).map(({ refused }) => refused)).toEqual([{ a: 1 }, {}, { a: 2, b: 3 }]);
  expect(day.slice(-3).map(({ stored }) => stored?.bytes)).toEqual([10, undefined, 20]);
  expect(day.at(-1)?.start.getTime()).toBe(thisHour * 3_600_000);
  const week = binsOf(hours, "week", NOW);
  expect(week).toHaveLength(28);
  expect(week.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(3);
  expect(binsOf(hours, "quarter", NOW)).toHaveLength(90);
});

test("the rules that refused most have a line each, the others one together", () => {
  const bins = binsOf([hour(thisHour - 1, { a: 1, b: 5, c: 2 }), hour(thisHour, { a: 1, d: 1 })], "day", NOW);
  const lines = refusalsByRule(bins, 3, "other").map(({ rule, counts }) => [rule, ...counts.slice(-2)]);
  expect(lines).toEqual([["b", 5, 0], ["a", 1, 1], ["other", 2, 1]]);
  expect(refusalsByRule(bins, 4, "other").map(({ rule }) => rule)).toEqual(["b", "a", "c", "d"]);
  expect(refusalsByRule([], 4, "other")).toEqual([]);
});
