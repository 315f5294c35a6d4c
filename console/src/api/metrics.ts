/** Reads the metrics of the server: `name{label="value"} number`. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;

export function parseMetrics(text: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    const match = line.startsWith("#") ? null : LINE.exec(line);
    if (!match) return [];
    const labels = Object.fromEntries([...(match[2] ?? "").matchAll(LABEL)].map(([, name = "", value = ""]) => [name, value]));
    return [{ name: match[1] ?? "", labels, value: Number(match[3]) }];
  });
}

export async function metrics(): Promise<Sample[]> {
  const answer = await fetch("/_grantry/metrics", { credentials: "omit", cache: "no-store" });
  if (!answer.ok) throw Object.assign(new Error(answer.statusText), { $metadata: { httpStatusCode: answer.status } });
  return parseMetrics(await answer.text());
}

export const sum = (samples: readonly Sample[], name: string, fits: (labels: Record<string, string>) => boolean = () => true): number =>
  samples.filter((sample) => sample.name === name && fits(sample.labels)).reduce((total, { value }) => total + value, 0);

/** The sums of a family by one of its labels, the greatest first. */
export function byLabel(samples: readonly Sample[], name: string, label: string): [string, number][] {
  const sums = new Map<string, number>();
  for (const sample of samples) {
    const value = sample.labels[label];
    if (sample.name === name && value) sums.set(value, (sums.get(value) ?? 0) + sample.value);
  }
  return [...sums].filter(([, value]) => value > 0).sort((one, other) => other[1] - one[1]);
}
