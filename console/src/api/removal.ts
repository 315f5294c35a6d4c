/** Deletes what lies below a prefix, a page at a time. */
import { DeleteObjectsCommand, ListObjectsV2Command, ListObjectVersionsCommand, type ObjectIdentifier } from "@aws-sdk/client-s3";
import { s3 } from "./clients";

export interface Removal {
  deleted: number;
  refused: { key: string; code: string }[];
}

interface Asked {
  bucket: string;
  prefix: string;
  signal: AbortSignal;
  onProgress: (removal: Removal) => void;
}

/** Deletes one batch and adds what came of it. */
export async function deleteBatch(Bucket: string, Objects: ObjectIdentifier[], removal: Removal): Promise<Removal> {
  if (Objects.length === 0) return removal;
  const answer = await s3().send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  const errors = (answer.Errors ?? []).map(({ Key = "", Code = "" }) => ({ key: Key, code: Code }));
  return {
    deleted: removal.deleted + Objects.length - errors.length,
    refused: [...removal.refused, ...errors],
  };
}

/** All versions and delete markers: nothing is left. */
export async function deleteAllVersions({ bucket, prefix, signal, onProgress }: Asked): Promise<Removal> {
  let removal: Removal = { deleted: 0, refused: [] };
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (marker) {
    signal.throwIfAborted();
    const page: Awaited<ReturnType<typeof listVersions>> = await listVersions(bucket, prefix, marker);
    const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    removal = await deleteBatch(bucket, found.map(({ Key, VersionId }) => ({ Key, VersionId })), removal);
    onProgress(removal);
    marker = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
  }
  return removal;
}

function listVersions(Bucket: string, Prefix: string, marker: { KeyMarker?: string; VersionIdMarker?: string }) {
  return s3().send(new ListObjectVersionsCommand({ Bucket, Prefix, ...marker }));
}

/** The current versions below a prefix: in a bucket with versioning they get delete markers. */
export async function deletePrefix({ bucket, prefix, signal, onProgress }: Asked): Promise<Removal> {
  let removal: Removal = { deleted: 0, refused: [] };
  let StartAfter: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await s3().send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter }));
    const keys = (page.Contents ?? []).map(({ Key }) => ({ Key }));
    removal = await deleteBatch(bucket, keys, removal);
    onProgress(removal);
    if (!page.IsTruncated) return removal;
    StartAfter = keys.at(-1)?.Key;
  }
}
