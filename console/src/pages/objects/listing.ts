/** What is in a bucket below a prefix, a page of the server's at a time. */
import { ListObjectsV2Command, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { s3 } from "../../api/clients";

export const PAGE_ROWS = 100;

/** A key or a folder. */
export interface Entry {
  id: string;
  key: string;
  isFolder: boolean;
  size?: number;
  modified?: Date;
  storageClass?: string;
  versionId?: string;
  isLatest?: boolean;
  isMarker?: boolean;
}

export type Marker = { token?: string; key?: string; version?: string };
export type Page = { entries: Entry[]; next?: Marker };

export async function listCurrent(bucket: string, prefix: string, marker: Marker): Promise<Page> {
  const answer = await s3().send(new ListObjectsV2Command({
    Bucket: bucket, Prefix: prefix, Delimiter: "/", MaxKeys: PAGE_ROWS, ContinuationToken: marker.token,
  }));
  const folders = (answer.CommonPrefixes ?? []).map(({ Prefix = "" }) => ({ id: Prefix, key: Prefix, isFolder: true }));
  const keys = (answer.Contents ?? []).map(({ Key = "", Size, LastModified, StorageClass }) => ({
    id: Key, key: Key, isFolder: false, size: Size, modified: LastModified, storageClass: StorageClass,
  }));
  return { entries: [...folders, ...keys], next: answer.IsTruncated ? { token: answer.NextContinuationToken } : undefined };
}

export async function listVersions(bucket: string, prefix: string, marker: Marker): Promise<Page> {
  const answer = await s3().send(new ListObjectVersionsCommand({
    Bucket: bucket, Prefix: prefix, Delimiter: "/", MaxKeys: PAGE_ROWS, KeyMarker: marker.key, VersionIdMarker: marker.version,
  }));
  const folders = (answer.CommonPrefixes ?? []).map(({ Prefix = "" }) => ({ id: Prefix, key: Prefix, isFolder: true }));
  const versions = (answer.Versions ?? []).map(({ Key = "", Size, LastModified, StorageClass, VersionId, IsLatest }) => ({
    id: `${Key}\n${VersionId}`, key: Key, isFolder: false, size: Size, modified: LastModified, storageClass: StorageClass,
    versionId: VersionId, isLatest: IsLatest,
  }));
  const markers = (answer.DeleteMarkers ?? []).map(({ Key = "", LastModified, VersionId, IsLatest }) => ({
    id: `${Key}\n${VersionId}`, key: Key, isFolder: false, modified: LastModified, versionId: VersionId, isLatest: IsLatest, isMarker: true,
  }));
  const newestFirst = (one: Entry, other: Entry) =>
    one.key < other.key ? -1 : one.key > other.key ? 1 : Number(other.isLatest ?? 0) - Number(one.isLatest ?? 0) || Number(other.modified) - Number(one.modified);
  const next = answer.IsTruncated ? { key: answer.NextKeyMarker, version: answer.NextVersionIdMarker } : undefined;
  return { entries: [...folders, ...[...versions, ...markers].sort(newestFirst)], next };
}
