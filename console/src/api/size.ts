const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A size as a person reads it. */
export function sizeText(bytes: number | undefined): string {
  if (bytes === undefined) return "–";
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  const number = bytes / 1024 ** power;
  return `${power === 0 ? number : number.toFixed(1)} ${UNITS[power]}`;
}

/** With the exact number of bytes where the text has rounded it. */
export const exactSize = (bytes: number): string => (bytes < 1024 ? sizeText(bytes) : `${sizeText(bytes)} (${bytes.toLocaleString("en")} B)`);
