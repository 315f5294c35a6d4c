/** The checksum of a body that is never in memory as a whole. */
import { Crc32 } from "@smithy/core/checksum";
import { toBase64 } from "@smithy/core/serde";

const CHUNK_BYTES = 512 * 1024;

/** Reads through one buffer, which is used again for each chunk. */
export async function crc32(body: Blob, signal?: AbortSignal): Promise<string> {
  const checksum = new Crc32();
  const reader = body.stream().getReader({ mode: "byob" });
  try {
    for (let buffer = new ArrayBuffer(CHUNK_BYTES); ; ) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      checksum.update(value);
      buffer = value.buffer;
    }
  } finally {
    reader.releaseLock();
  }
  return toBase64(await checksum.digest());
}
