// Errors as the SDK's own classes, and a bucket named in the host.

import http from "node:http";
import {
  CreateBucketCommand, DeleteBucketCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand,
  PutBucketAclCommand, PutObjectCommand,
} from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { bucket, client, failure, report } from "./client.mjs";

const s3 = client();
const Bucket = bucket;
const send = (command, input) => failure(s3.send(new command(input)));

await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "kept" }));
const anonymous = client({ signer: { sign: async (request) => request } });
const wrongKey = client({ credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" } });
const elsewhere = client({ region: "eu-west-1" });

// *.localhost need not resolve everywhere, so the agent is told the address.
const lookup = (name, options, done) => (options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));
const hosted = client({
  endpoint: process.env.ENDPOINT.replace("127.0.0.1", "s3.localhost"), forcePathStyle: false,
  requestHandler: new NodeHttpHandler({ httpAgent: new http.Agent({ lookup }) }),
});
const inHost = await hosted.send(new GetObjectCommand({ Bucket, Key: "k" }));

report({
  missingKey: await send(GetObjectCommand, { Bucket, Key: "missing" }),
  missingHead: await send(HeadObjectCommand, { Bucket, Key: "missing" }),
  missingBucket: await send(HeadBucketCommand, { Bucket: `${Bucket}-missing` }),
  again: await send(CreateBucketCommand, { Bucket }),
  full: await send(DeleteBucketCommand, { Bucket }),
  acl: await send(PutObjectCommand, { Bucket, Key: "k", Body: "lost", ACL: "public-read" }),
  bucketAcl: await send(PutBucketAclCommand, { Bucket, ACL: "public-read" }),
  exists: await send(PutObjectCommand, { Bucket, Key: "k", Body: "lost", IfNoneMatch: "*" }),
  range: await send(GetObjectCommand, { Bucket, Key: "k", Range: "bytes=100-" }),
  anonymous: await failure(anonymous.send(new GetObjectCommand({ Bucket, Key: "k" }))),
  wrongKey: await failure(wrongKey.send(new GetObjectCommand({ Bucket, Key: "k" }))),
  elsewhere: await failure(elsewhere.send(new GetObjectCommand({ Bucket, Key: "k" }))),
  inHost: await inHost.Body.transformToString(),
});
