import { expect, test } from "vitest";
import type { Page } from "./listing";
import { slide } from "./window";

const page = (index: number, last = false): Page => ({ entries: [{ id: `${index}`, key: `${index}`, isFolder: false }], next: last ? undefined : { token: `${index + 1}` } });
const shown = (kept: ReturnType<typeof slide>) => [kept.first, ...kept.pages.map(({ entries }) => entries[0]?.id)];

test("the window keeps three pages, whichever way it slides, and knows where the others begin", () => {
  let kept = slide({ first: 9, pages: [], markers: [] }, { kind: "reset" });
  for (let index = 0; index < 1000; index++) kept = slide(kept, { kind: "arrived", index, page: page(index) });
  expect(shown(kept)).toEqual([997, "997", "998", "999"]);
  expect(kept.markers[500]).toEqual({ token: "500" });
  kept = slide(kept, { kind: "arrived", index: 996, page: page(996) });
  expect(shown(kept)).toEqual([996, "996", "997", "998"]);
  kept = slide(kept, { kind: "arrived", index: 999, page: page(999, true) });
  expect(shown(kept)).toEqual([997, "997", "998", "999"]);
});

test("a page that is no neighbour of the window is not taken", () => {
  const kept = slide(slide({ first: 0, pages: [], markers: [{}] }, { kind: "reset" }), { kind: "arrived", index: 0, page: page(0) });
  expect(slide(kept, { kind: "arrived", index: 2, page: page(2) })).toBe(kept);
  expect(slide(kept, { kind: "arrived", index: 0, page: page(0) })).toBe(kept);
});
