// Uploads in parts through lib-storage: from a buffer, from a stream of unknown length, aborted.

import { Readable } from "node:stream";
import {
  GetObjectAttributesCommand, GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { bucket, bytes, client, failure, report } from "./client.mjs";

const s3 = client();
const Bucket = bucket;
const MIB = 1024 * 1024;
const body = bytes(12 * MIB + 345);

async function uploaded(Key, Body, more = {}) {
  const upload = new Upload({ client: s3, params: { Bucket, Key, Body, ...more }, partSize: 5 * MIB, queueSize: 4 });
  const done = await upload.done();
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
  const same = Buffer.from(await got.Body.transformToByteArray()).equals(body);
  return { location: done.Location, parts: head.ETag.split("-")[1]?.replace('"', ""), same };
}

function* blocks() {
  for (let at = 0; at < body.length; at += 100_000) yield body.subarray(at, at + 100_000);
}

const buffer = await uploaded("dir/büffer +%.bin", body);
const stream = await uploaded("stream", Readable.from(blocks()));
const sha256 = await uploaded("sha256", Readable.from(blocks()), { ChecksumAlgorithm: "SHA256" });
const small = await new Upload({ client: s3, params: { Bucket, Key: "small", Body: "small" } }).done();

const attributes = await s3.send(new GetObjectAttributesCommand({
  Bucket, Key: "sha256", ObjectAttributes: ["ObjectParts", "ObjectSize", "Checksum"],
}));
const second = await s3.send(new GetObjectCommand({ Bucket, Key: "sha256", PartNumber: 2 }));
const part = Buffer.from(await second.Body.transformToByteArray()).equals(body.subarray(5 * MIB, 10 * MIB));

const endless = new Upload({
  client: s3, params: { Bucket, Key: "aborted", Body: Readable.from((function* () { for (;;) yield bytes(MIB); })()) },
  partSize: 5 * MIB,
});
endless.on("httpUploadProgress", () => endless.abort());
const aborted = await failure(endless.done());
// The promise ends before the SDK has told the server; it does so as soon as a part is through.
let open = -1;
for (let attempt = 0; open !== 0 && attempt < 1000; attempt += 1) {
  open = (await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.length ?? 0;
}

report({
  buffer, stream, sha256, small: small.Location, part,
  size: attributes.ObjectSize, parts: attributes.ObjectParts.TotalPartsCount, type: attributes.Checksum.ChecksumType,
  aborted: aborted.name, open,
});
