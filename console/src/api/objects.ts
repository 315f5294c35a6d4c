/** What is done to objects. */
import {
  CopyObjectCommand, CreateMultipartUploadCommand, CompleteMultipartUploadCommand, AbortMultipartUploadCommand,
  DeleteObjectCommand, GetObjectCommand, GetObjectTaggingCommand, HeadObjectCommand, UploadPartCopyCommand,
  type HeadObjectCommandOutput, type StorageClass,
} from "@aws-sdk/client-s3";
import { s3 } from "./clients";

export interface ObjectName {
  bucket: string;
  key: string;
  versionId?: string;
}

/** AWS: CopyObject copies up to 5 GB, larger ones go in parts. */
const COPY_BYTES_MAX = 5 * 1024 ** 3;
const COPY_PART_BYTES = 512 * 1024 ** 2;

export const nameOf = (key: string): string => key.replace(/\/$/, "").split("/").at(-1) ?? key;
export const folderOf = (key: string): string => key.slice(0, key.replace(/\/$/, "").lastIndexOf("/") + 1);

export function copySource({ bucket, key, versionId }: ObjectName): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  return `${bucket}/${path}${versionId ? `?versionId=${encodeURIComponent(versionId)}` : ""}`;
}

export const head = ({ bucket, key, versionId }: ObjectName): Promise<HeadObjectCommandOutput> =>
  s3().send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));

/** A link that works until it expires, or the session does. */
export async function presigned({ bucket, key, versionId }: ObjectName, expiresIn: number, download: boolean): Promise<string> {
  const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
  const name = nameOf(key).replace(/[^\x20-\x7e]|["\\]/g, "_");
  const disposition = `attachment; filename="${name}"; filename*=UTF-8''${encodeURIComponent(nameOf(key)).replace(/['()*]/g, "_")}`;
  const command = new GetObjectCommand({
    Bucket: bucket, Key: key, VersionId: versionId, ResponseContentDisposition: download ? disposition : undefined,
  });
  return getSignedUrl(s3(), command, { expiresIn });
}

/** The browser downloads by itself, so that the size does not matter. */
export async function download(name: ObjectName): Promise<void> {
  const link = document.createElement("a");
  link.href = await presigned(name, 300, true);
  link.download = nameOf(name.key);
  link.rel = "noopener noreferrer";
  link.click();
}

/** Copies within the server; what the source says of itself goes along. */
export async function copy(from: ObjectName, to: ObjectName): Promise<void> {
  const source = await head(from);
  const size = source.ContentLength ?? 0;
  if (size <= COPY_BYTES_MAX) {
    await s3().send(new CopyObjectCommand({ Bucket: to.bucket, Key: to.key, CopySource: copySource(from), StorageClass: source.StorageClass as StorageClass }));
    return;
  }
  await copyInParts(from, to, source, size);
}

async function copyInParts(from: ObjectName, to: ObjectName, source: HeadObjectCommandOutput, size: number): Promise<void> {
  const target = { Bucket: to.bucket, Key: to.key };
  const tags = await s3().send(new GetObjectTaggingCommand({ Bucket: from.bucket, Key: from.key, VersionId: from.versionId }));
  const { UploadId } = await s3().send(new CreateMultipartUploadCommand({
    ...target, ...descriptionOf(source), Metadata: source.Metadata,
    Tagging: new URLSearchParams((tags.TagSet ?? []).map(({ Key = "", Value = "" }) => [Key, Value])).toString() || undefined,
  }));
  try {
    const Parts = [];
    for (let start = 0, PartNumber = 1; start < size; start += COPY_PART_BYTES, PartNumber++) {
      const range = `bytes=${start}-${Math.min(start + COPY_PART_BYTES, size) - 1}`;
      const part = await s3().send(new UploadPartCopyCommand({ ...target, UploadId, PartNumber, CopySource: copySource(from), CopySourceRange: range, CopySourceIfMatch: source.ETag }));
      Parts.push({ PartNumber, ETag: part.CopyPartResult?.ETag });
    }
    await s3().send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
  } catch (error) {
    await s3().send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
    throw error;
  }
}

/** The headers that an object keeps, to be given again where metadata is replaced. */
export function descriptionOf(source: HeadObjectCommandOutput) {
  const { ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, StorageClass } = source;
  return { ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, StorageClass: StorageClass as StorageClass };
}

/** A copy that is there, and then the source away: never the other way round. */
export async function move(from: ObjectName, to: ObjectName): Promise<void> {
  await copy(from, to);
  await s3().send(new DeleteObjectCommand({ Bucket: from.bucket, Key: from.key, VersionId: from.versionId }));
}
