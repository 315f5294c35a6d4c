/**
 * A window that slides over a listing of any length. Only the pages around what is looked at are kept; of those
 * before it is known where each begins.
 */
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState, type RefObject } from "react";
import { failure, type Failure } from "../../api/errors";
import type { Entry, Marker, Page } from "./listing";

/** Pages at once: what is seen, and one on either side. */
const PAGES_MOST = 3;
/** How far from the edge of the window the next page is asked for. */
const AHEAD_PIXELS = 1500;

interface Kept {
  /** The number of the first page. */
  first: number;
  pages: Page[];
  /** Where each page begins that is known. */
  markers: Marker[];
}

const EMPTY: Kept = { first: 0, pages: [], markers: [{}] };

type Change = { kind: "reset" } | { kind: "arrived"; index: number; page: Page };

export function slide(kept: Kept, change: Change): Kept {
  if (change.kind === "reset") return EMPTY;
  const { index, page } = change;
  const { first, pages } = kept;
  const markers = [...kept.markers];
  if (page.next) markers[index + 1] = page.next;
  if (index === first + pages.length) {
    const all = [...pages, page];
    const over = Math.max(0, all.length - PAGES_MOST);
    return { first: first + over, pages: all.slice(over), markers };
  }
  if (index === first - 1) return { first: index, pages: [page, ...pages].slice(0, PAGES_MOST), markers };
  return kept;
}

export interface Sliding {
  entries: Entry[];
  first: number;
  /** Whether there is more behind the window. */
  more: boolean;
  loading: boolean;
  failed: Failure | null;
  /** The element around the rows. */
  around: RefObject<HTMLDivElement | null>;
  /** Elements before and behind the rows. */
  before: RefObject<HTMLDivElement | null>;
  behind: RefObject<HTMLDivElement | null>;
  reload: () => void;
}

export function useSliding(list: (marker: Marker) => Promise<Page>, keys: readonly unknown[]): Sliding {
  const [kept, change] = useReducer(slide, EMPTY);
  const [failed, setFailed] = useState<Failure | null>(null);
  const [turn, setTurn] = useState(0);
  const run = useRef(0);
  const busy = useRef(false);
  const latest = useRef({ list, kept });
  latest.current = { list, kept };
  const around = useRef<HTMLDivElement>(null);
  const hold = useRef<{ key: string; top: number } | null>(null);

  const ask = useCallback((index: number) => {
    const marker = latest.current.kept.markers[index];
    if (busy.current || marker === undefined) return;
    busy.current = true;
    const mine = run.current;
    latest.current.list(marker).then(
      (page) => {
        if (mine !== run.current) return;
        busy.current = false;
        hold.current = topmost(around.current);
        change({ kind: "arrived", index, page });
      },
      (error: unknown) => {
        if (mine !== run.current) return;
        busy.current = false;
        setFailed(failure(error));
      },
    );
  }, []);

  useEffect(() => {
    run.current += 1;
    busy.current = false;
    setFailed(null);
    change({ kind: "reset" });
  }, [turn, ...keys]);

  // Rows before the window came or went: what was seen stays where it was.
  useLayoutEffect(() => {
    const held = hold.current;
    hold.current = null;
    const row = held && around.current?.querySelector(`[data-key="${CSS.escape(held.key)}"]`);
    if (held && row) scrollBy(0, row.getBoundingClientRect().top - held.top);
  }, [kept]);

  const before = useNear(() => kept.first > 0 && ask(kept.first - 1), [kept]);
  const behind = useNear(() => ask(kept.first + kept.pages.length), [kept]);
  const reload = useCallback(() => setTurn((now) => now + 1), []);
  return {
    entries: kept.pages.flatMap(({ entries }) => entries),
    first: kept.first,
    more: kept.pages.at(-1)?.next !== undefined,
    loading: kept.pages.length === 0,
    failed, around, before, behind, reload,
  };
}

/** The first row that is seen, and where it stands. */
function topmost(around: HTMLElement | null): { key: string; top: number } | null {
  for (const row of around?.querySelectorAll<HTMLElement>("[data-key]") ?? []) {
    const { top } = row.getBoundingClientRect();
    if (top >= 0) return { key: row.dataset.key ?? "", top };
  }
  return null;
}

/** Calls whenever an element comes near to what is seen, and again while it is there. */
function useNear(call: () => void, keys: readonly unknown[]): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(([seen]) => seen?.isIntersecting && call(), { rootMargin: `${AHEAD_PIXELS}px 0px` });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, keys);
  return element;
}
