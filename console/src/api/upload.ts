/**
 * Uploads from the browser. A small file goes up in one request, a large one in parts of which a few are on
 * their way at a time. The browser reads the bodies from the disk by itself, so memory depends neither on the
 * size nor on when garbage is collected; only the checksum of a body passes through this script.
 */
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, PutObjectCommand,
  UploadPartCommand, type CompletedPart, type ObjectCannedACL, type ServerSideEncryption, type StorageClass,
} from "@aws-sdk/client-s3";
import { s3 } from "./clients";
import { crc32 } from "./crc32";

export const PART_BYTES = 8 * 1024 * 1024;
/** AWS: "Amazon S3 multipart upload limits". */
const PARTS_MAX = 10_000;
const PARTS_AT_ONCE = 3;

export interface Description {
  acl?: ObjectCannedACL;
  storageClass?: StorageClass;
  encryption?: ServerSideEncryption;
  metadata?: Record<string, string>;
  /** As in a query. */
  tagging?: string;
}

export interface Target extends Description {
  bucket: string;
  key: string;
  file: File;
}

export type Outcome = "done" | "cancelled";

/** The size of the parts: the usual one, or what it takes to stay below the greatest number of them. */
export function partBytes(size: number): number {
  const least = Math.ceil(size / PARTS_MAX);
  return Math.max(PART_BYTES, Math.ceil(least / 1024 ** 2) * 1024 ** 2);
}

function headers({ acl, storageClass, encryption, metadata, tagging, file }: Target) {
  return {
    ACL: acl,
    StorageClass: storageClass,
    ServerSideEncryption: encryption,
    Metadata: metadata && Object.keys(metadata).length ? metadata : undefined,
    Tagging: tagging || undefined,
    ContentType: file.type || "application/octet-stream",
  };
}

interface Part {
  number: number;
  start: number;
  end: number;
}

export class Upload {
  sent = 0;
  private readonly stop = new AbortController();
  private halt = new AbortController();
  private resumed: Promise<void> | null = null;
  private release: (() => void) | null = null;
  private uploadId?: string;
  private readonly where: { Bucket: string; Key: string };

  constructor(
    private readonly target: Target,
    private readonly onProgress: (sent: number) => void,
  ) {
    this.where = { Bucket: target.bucket, Key: target.key };
  }

  get isPaused(): boolean {
    return this.resumed !== null;
  }

  /** Stops what is on its way; those parts are sent again later. */
  pause(): void {
    if (this.resumed) return;
    this.resumed = new Promise((resolve) => {
      this.release = resolve;
    });
    this.halt.abort();
  }

  resume(): void {
    this.halt = new AbortController();
    this.resumed = null;
    this.release?.();
    this.release = null;
  }

  cancel(): void {
    this.stop.abort();
    this.halt.abort();
    this.release?.();
  }

  async run(): Promise<Outcome> {
    try {
      if (this.target.file.size <= PART_BYTES) await this.whole();
      else await this.inParts();
      return "done";
    } catch (error) {
      if (this.uploadId) {
        const abort = new AbortMultipartUploadCommand({ ...this.where, UploadId: this.uploadId });
        await s3().send(abort).catch(() => undefined);
      }
      if (this.stop.signal.aborted) return "cancelled";
      throw error;
    }
  }

  private count(bytes: number): void {
    this.sent += bytes;
    this.onProgress(this.sent);
  }

  /** Tries until it is neither paused nor broken off by a pause. */
  private async patiently<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (;;) {
      await this.resumed;
      this.stop.signal.throwIfAborted();
      const { signal } = this.halt;
      try {
        return await send(signal);
      } catch (error) {
        if (this.stop.signal.aborted || !signal.aborted) throw error;
      }
    }
  }

  private async whole(): Promise<void> {
    const { file } = this.target;
    await this.patiently(async (abortSignal) => {
      const ChecksumCRC32 = await crc32(file, abortSignal);
      const command = new PutObjectCommand({ ...this.where, ...headers(this.target), Body: file, ChecksumCRC32 });
      return s3().send(command, { abortSignal });
    });
    this.count(file.size);
  }

  private async inParts(): Promise<void> {
    const { file } = this.target;
    const begin = new CreateMultipartUploadCommand({ ...this.where, ...headers(this.target), ChecksumAlgorithm: "CRC32" });
    this.uploadId = (await this.patiently((abortSignal) => s3().send(begin, { abortSignal }))).UploadId;
    const size = partBytes(file.size);
    const waiting: Part[] = [];
    for (let start = 0, number = 1; start < file.size; start += size, number++) {
      waiting.push({ number, start, end: Math.min(start + size, file.size) });
    }
    const done: CompletedPart[] = [];
    const worker = async () => {
      for (let part = waiting.shift(); part; part = waiting.shift()) done.push(await this.part(part));
    };
    try {
      await Promise.all(Array.from({ length: PARTS_AT_ONCE }, worker));
    } catch (error) {
      // Nothing may arrive after the upload was given up.
      waiting.length = 0;
      this.halt.abort();
      throw error;
    }
    const Parts = done.sort((one, other) => (one.PartNumber ?? 0) - (other.PartNumber ?? 0));
    await s3().send(new CompleteMultipartUploadCommand({ ...this.where, UploadId: this.uploadId, MultipartUpload: { Parts } }));
  }

  private async part({ number, start, end }: Part): Promise<CompletedPart> {
    const answer = await this.patiently(async (abortSignal) => {
      const Body = this.target.file.slice(start, end);
      const ChecksumCRC32 = await crc32(Body, abortSignal);
      const command = new UploadPartCommand({ ...this.where, UploadId: this.uploadId, PartNumber: number, Body, ChecksumCRC32 });
      return s3().send(command, { abortSignal });
    });
    this.count(end - start);
    return { PartNumber: number, ETag: answer.ETag, ChecksumCRC32: answer.ChecksumCRC32 };
  }
}
