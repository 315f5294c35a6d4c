// Objects of every kind of key and body: put, head, list, get, copy, delete.

import { Readable } from "node:stream";
import {
  CopyObjectCommand, DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand,
  PutObjectCommand, paginateListObjectsV2, waitUntilObjectExists, waitUntilObjectNotExists,
} from "@aws-sdk/client-s3";
import { bucket, bytes, client, report } from "./client.mjs";

const s3 = client();
const keys = JSON.parse(process.env.KEYS);
const Bucket = bucket;

async function listed(Prefix) {
  const found = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket, Prefix })) {
    found.push(...(page.Contents ?? []).map((entry) => entry.Key));
  }
  return found;
}

async function got(Key, more = {}) {
  const answer = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from(await answer.Body.transformToByteArray());
}

for (const Key of keys) {
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}`, Metadata: { note: "kept" } }));
}
const wrong = [];
for (const Key of keys) {
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  const body = (await got(Key)).toString();
  if (body !== `body of ${Key}` || head.Metadata.note !== "kept") wrong.push(Key);
}
const all = await listed();

for (const Key of keys) {
  const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
  await s3.send(new CopyObjectCommand({ Bucket, Key: `copy of ${Key}`, CopySource }));
  if ((await got(`copy of ${Key}`)).toString() !== `body of ${Key}`) wrong.push(`copy of ${Key}`);
}
const Objects = keys.map((key) => ({ Key: `copy of ${key}` }));
const deleted = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));

const large = bytes(3_000_000);
await s3.send(new PutObjectCommand({ Bucket, Key: "buffer", Body: large }));
await s3.send(new PutObjectCommand({
  Bucket, Key: "stream", Body: Readable.from([large.subarray(0, 1_000_000), large.subarray(1_000_000)]),
  ContentLength: large.length,
}));
await s3.send(new PutObjectCommand({ Bucket, Key: "empty", Body: "" }));
await waitUntilObjectExists({ client: s3, maxWaitTime: 30 }, { Bucket, Key: "stream" });
const same = { buffer: (await got("buffer")).equals(large), stream: (await got("stream")).equals(large) };
const range = (await got("buffer", { Range: "bytes=10-19" })).equals(large.subarray(10, 20));
const empty = (await got("empty")).length;

for (const Key of [...keys, "buffer", "stream", "empty"]) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
await waitUntilObjectNotExists({ client: s3, maxWaitTime: 30 }, { Bucket, Key: "stream" });

report({ wrong, all, deleted: deleted.Deleted.length, errors: deleted.Errors ?? [], same, range, empty, left: await listed() });
