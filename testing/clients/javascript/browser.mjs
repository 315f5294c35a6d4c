// A page of another origin in Chromium, with the SDK in it; reports what the page could do.
import { createServer } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { bucket, client, report } from "./client.mjs";

const s3 = client();
const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

const bundle = await build({
  entryPoints: [fileURLToPath(new URL("page.js", import.meta.url))],
  bundle: true, write: false, format: "iife", platform: "browser", logLevel: "error",
});
const page = "<!doctype html><title>page</title><script src=/page.js></script>";
const server = createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? bundle.outputFiles[0].text : page);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const profile = await mkdtemp(join(tmpdir(), "chromium-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM, headless: true, args: ARGUMENTS,
  // Chromium makes a socket in the temporary directory, and paths of sockets are short.
  env: { ...process.env, TMPDIR: "/tmp" },
});
try {
  const tab = await browser.newPage();
  const origin = `http://127.0.0.1:${server.address().port}`;
  await tab.goto(origin);
  const found = await tab.evaluate((settings) => window.run(settings), {
    endpoint: process.env.ENDPOINT,
    bucket,
    credentials: {
      accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY },
    presigned: await getSignedUrl(s3, new PutObjectCommand({ Bucket: bucket, Key: "presigned" })),
    form: await createPresignedPost(s3, { Bucket: bucket, Key: "form" }),
  });
  report(found);
} finally {
  await browser.close();
  server.close();
  await rm(profile, { recursive: true, force: true });
}
