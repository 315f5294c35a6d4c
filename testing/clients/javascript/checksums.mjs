// Every checksum algorithm, by header for a buffer and by trailer for a stream, and a wrong one.

import { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { bucket, bytes, client, failure, report } from "./client.mjs";

const s3 = client();
const Bucket = bucket;
const body = bytes(200_000);
const facts = {};

for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
  const member = `Checksum${ChecksumAlgorithm}`;
  await s3.send(new PutObjectCommand({ Bucket, Key: "buffer", Body: body, ChecksumAlgorithm }));
  await s3.send(new PutObjectCommand({
    Bucket, Key: "stream", Body: Readable.from([body]), ContentLength: body.length, ChecksumAlgorithm,
  }));
  const [buffer, stream] = await Promise.all(["buffer", "stream"].map(async (Key) => {
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    // The SDK compares the checksum with what it reads and fails if they differ.
    const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    const read = Buffer.from(await got.Body.transformToByteArray());
    return { checksum: head[member], type: head.ChecksumType, same: read.equals(body) };
  }));
  facts[ChecksumAlgorithm] = { buffer, stream };
}
const wrong = await failure(s3.send(new PutObjectCommand({
  Bucket, Key: "wrong", Body: body, ChecksumCRC32: "AAAAAA==",
})));
report({ facts, wrong });
