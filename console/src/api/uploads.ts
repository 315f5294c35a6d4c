/** The uploads of this tab. They go on while other pages are shown. */
import { failure, type Failure } from "./errors";
import { Upload, type Description } from "./upload";
import type { Dropped } from "./dropped";

export type UploadState = "waiting" | "running" | "paused" | "done" | "failed" | "cancelled";

export interface Item {
  id: number;
  bucket: string;
  key: string;
  size: number;
  sent: number;
  state: UploadState;
  failure?: Failure;
}

const FILES_AT_ONCE = 3;
let items: readonly Item[] = [];
let nextId = 0;
const running = new Map<number, Upload>();
const waiting: { id: number; upload: Upload }[] = [];
const listeners = new Set<() => void>();

export const snapshot = (): readonly Item[] => items;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function publish(next: readonly Item[]): void {
  items = next;
  for (const listener of listeners) listener();
}

const update = (id: number, change: Partial<Item>): void =>
  publish(items.map((item) => (item.id === id ? { ...item, ...change } : item)));

export function add(bucket: string, prefix: string, files: readonly Dropped[], description: Description): void {
  const fresh: Item[] = [];
  for (const { path, file } of files) {
    const id = nextId++;
    const key = prefix + path;
    fresh.push({ id, bucket, key, size: file.size, sent: 0, state: "waiting" });
    waiting.push({ id, upload: new Upload({ ...description, bucket, key, file }, (sent) => update(id, { sent })) });
  }
  publish([...items, ...fresh]);
  start();
}

function start(): void {
  while (running.size < FILES_AT_ONCE) {
    const next = waiting.shift();
    if (!next) return;
    void run(next.id, next.upload);
  }
}

async function run(id: number, upload: Upload): Promise<void> {
  running.set(id, upload);
  update(id, { state: "running" });
  try {
    update(id, { state: await upload.run() });
  } catch (error) {
    update(id, { state: "failed", failure: failure(error) });
  }
  running.delete(id);
  start();
}

export function pause(id: number): void {
  running.get(id)?.pause();
  update(id, { state: "paused" });
}

export function resume(id: number): void {
  running.get(id)?.resume();
  update(id, { state: "running" });
}

export function cancel(id: number): void {
  const index = waiting.findIndex((each) => each.id === id);
  if (index >= 0) {
    waiting.splice(index, 1);
    update(id, { state: "cancelled" });
  } else {
    running.get(id)?.cancel();
  }
}

export function cancelAll(): void {
  for (const { id } of items) cancel(id);
}

export const forgetFinished = (): void =>
  publish(items.filter(({ state }) => state === "waiting" || state === "running" || state === "paused"));
