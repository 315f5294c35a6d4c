/** Loading of what a page shows. */
import { useCallback, useEffect, useRef, useState } from "react";
import { failure, type Failure } from "../api/errors";

export interface Loaded<T> {
  value?: T;
  failure?: Failure;
  loading: boolean;
  reload: () => void;
}

/** Loads again whenever a key changes; answers to earlier questions are dropped. */
export function useLoaded<T>(load: () => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<{ value?: T; failure?: Failure; loading: boolean }>({ loading: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    let dropped = false;
    setState((before) => ({ ...before, failure: undefined, loading: true }));
    latest.current().then(
      (value) => dropped || setState({ value, loading: false }),
      (error: unknown) => dropped || setState({ failure: failure(error), loading: false }),
    );
    return () => {
      dropped = true;
    };
  }, [turn, ...keys]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { ...state, reload };
}

/** Runs tasks a few at a time. */
export async function inTurns<T>(items: readonly T[], atOnce: number, task: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
