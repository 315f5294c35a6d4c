/** Hours of the server's history, put together for a chart. */
import type { Hour } from "./grantry";

const HOUR_SECONDS = 3600;

/** What a chart covers, and how many hours one of its bars has. */
export const SPANS = { day: { hours: 24, each: 1 }, week: { hours: 7 * 24, each: 6 }, quarter: { hours: 90 * 24, each: 24 } } as const;
export type Span = keyof typeof SPANS;

export interface Bin {
  start: Date;
  allowed: number;
  refused: Record<string, number>;
  /** The last amounts of the bin; absent where no server ran. */
  stored?: { bytes: number; objects: number };
}

/** The bins of a span up to now, the oldest first. Hours without a record count as empty. */
export function binsOf(hours: readonly Hour[], span: Span, nowMillis: number): Bin[] {
  const { hours: count, each } = SPANS[span];
  const seconds = each * HOUR_SECONDS;
  const last = Math.floor(nowMillis / 1000 / seconds) * seconds;
  const first = last - (count / each - 1) * seconds;
  const bins: Bin[] = Array.from({ length: count / each }, (_, index) => ({ start: new Date((first + index * seconds) * 1000), allowed: 0, refused: {} }));
  for (const { startSeconds, allowed, refused, bytes, objects } of hours) {
    const bin = bins[Math.floor((startSeconds - first) / seconds)];
    if (!bin) continue;
    bin.allowed += allowed;
    for (const [rule, number] of Object.entries(refused)) bin.refused[rule] = (bin.refused[rule] ?? 0) + number;
    bin.stored = { bytes, objects };
  }
  return bins;
}

/** The rules that refused most, and one line for all others. */
export function refusalsByRule(bins: readonly Bin[], most: number, others: string): { rule: string; counts: number[] }[] {
  const totals = new Map<string, number>();
  for (const { refused } of bins) for (const [rule, number] of Object.entries(refused)) totals.set(rule, (totals.get(rule) ?? 0) + number);
  const rules = [...totals].sort((one, other) => other[1] - one[1]).map(([rule]) => rule);
  const shown = rules.length <= most ? rules : rules.slice(0, most - 1);
  const rest = rules.slice(shown.length);
  const countsOf = (some: string[]) => bins.map(({ refused }) => some.reduce((sum, rule) => sum + (refused[rule] ?? 0), 0));
  return [...shown.map((rule) => ({ rule, counts: countsOf([rule]) })), ...(rest.length ? [{ rule: others, counts: countsOf(rest) }] : [])];
}
