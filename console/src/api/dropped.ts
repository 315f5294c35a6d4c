/** Files out of what was dropped or chosen, with their paths in the folders that they came in. */

export interface Dropped {
  path: string;
  file: File;
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));

function batchOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

async function* filesOf(entry: FileSystemEntry): AsyncGenerator<Dropped> {
  if (entry.isFile) {
    yield { path: entry.fullPath.replace(/^\//, ""), file: await fileOf(entry as FileSystemFileEntry) };
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives a folder in batches, and an empty one at its end.
  for (let batch = await batchOf(reader); batch.length; batch = await batchOf(reader)) {
    for (const child of batch) yield* filesOf(child);
  }
}

export async function dropped(transfer: DataTransfer): Promise<Dropped[]> {
  // The list is empty as soon as the event is over: entries are taken before anything is awaited.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return chosen(transfer.files);
  const found: Dropped[] = [];
  for (const entry of entries) for await (const file of filesOf(entry)) found.push(file);
  return found;
}

export const chosen = (files: FileList | null): Dropped[] =>
  [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
