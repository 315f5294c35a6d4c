// The client that every script uses, as an application would make it; the endpoint, the key and the
// bucket come from the environment. A script prints one line of JSON, which the test compares.

import { S3Client } from "@aws-sdk/client-s3";

export const bucket = process.env.BUCKET;

export function client(settings = {}) {
  return new S3Client({
    endpoint: process.env.ENDPOINT,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    ...settings,
  });
}

export function report(facts) {
  console.log(JSON.stringify(facts));
}

// What an application sees of an error.
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    const { name, message, constructor, $metadata } = error;
    return { name, message, constructor: constructor.name, status: $metadata?.httpStatusCode };
  }
  return "no error";
}

// Bytes that repeat only after a long while, so that parts in a wrong order are seen.
export function bytes(length) {
  const body = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    body[at] = state >>> 24;
  }
  return body;
}
