// URLs and forms that are signed here and used by somebody without a key: fetch.

import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { bucket, client, report } from "./client.mjs";

const s3 = client();
const Bucket = bucket;
const Key = "dir/a b+ü%.txt";
const signed = (command, options = {}) => getSignedUrl(s3, command, { expiresIn: 600, ...options });
const facts = {};

const put = await fetch(await signed(new PutObjectCommand({ Bucket, Key, ContentType: "text/x-test" })), {
  method: "PUT", body: "presigned", headers: { "content-type": "text/x-test" },
});
facts.put = put.status;
const got = await fetch(await signed(new GetObjectCommand({ Bucket, Key, ResponseContentDisposition: "attachment" })));
facts.get = [got.status, await got.text(), got.headers.get("content-type"), got.headers.get("content-disposition")];
facts.head = (await fetch(await signed(new HeadObjectCommand({ Bucket, Key })), { method: "HEAD" })).status;
const typed = await signed(new PutObjectCommand({ Bucket, Key, ContentType: "image/png" }), {
  signableHeaders: new Set(["content-type"]),
});
facts.otherType = (await fetch(typed, { method: "PUT", body: "x", headers: { "content-type": "text/html" } })).status;
const changed = (await signed(new GetObjectCommand({ Bucket, Key }))).replace("dir/", "other/");
facts.changed = (await fetch(changed)).status;

const post = await createPresignedPost(s3, {
  Bucket, Key: "forms/${filename}", Expires: 600,
  Conditions: [["content-length-range", 1, 100], ["starts-with", "$key", "forms/"]],
});
async function posted(text) {
  const form = new FormData();
  for (const [name, value] of Object.entries(post.fields)) form.append(name, value);
  form.append("file", new Blob([text]), "form.txt");
  const answer = await fetch(post.url, { method: "POST", body: form });
  return [answer.status, /<Code>(.*)<\/Code>/.exec(await answer.text())?.[1] ?? null];
}
facts.post = await posted("from a form");
facts.tooLarge = await posted("x".repeat(101));
facts.posted = await (await fetch(await signed(new GetObjectCommand({ Bucket, Key: "forms/form.txt" })))).text();
facts.delete = (await fetch(await signed(new DeleteObjectCommand({ Bucket, Key })), { method: "DELETE" })).status;
facts.gone = (await fetch(await signed(new GetObjectCommand({ Bucket, Key })))).status;
report(facts);
