// What an application does in a page: bundled by `browser.mjs` and run by the browser itself.
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

// How it ended for the page: `failed` is all that it hears where the browser lets it read nothing.
const outcome = async (work) => {
  try {
    return await work();
  } catch (error) {
    return error.$metadata?.httpStatusCode ? `refused ${error.$metadata.httpStatusCode} ${error.name}` : "failed";
  }
};

window.run = async ({ endpoint, bucket, credentials, presigned, form }) => {
  const s3 = new S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true, maxAttempts: 1 });
  const read = async (command) => {
    const answer = await s3.send(command);
    return answer.Body ? [await answer.Body.transformToString(), answer.ETag ?? null] : "done";
  };
  const results = {};
  results.get = await outcome(() => read(new GetObjectCommand({ Bucket: bucket, Key: "before" })));
  results.missing = await outcome(() => read(new GetObjectCommand({ Bucket: bucket, Key: "missing" })));
  results.put = await outcome(() => read(new PutObjectCommand({
    Bucket: bucket, Key: "sdk", Body: "from the sdk", ContentType: "text/plain", Metadata: { page: "yes" } })));
  results.presigned = await outcome(async () => {
    const answer = await fetch(presigned, { method: "PUT", body: "presigned" });
    return [answer.status, answer.headers.get("etag") !== null];
  });
  results.form = await outcome(async () => {
    const data = new FormData();
    for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
    data.append("file", new Blob(["from a form"]));
    const answer = await fetch(form.url, { method: "POST", body: data });
    return [answer.status, answer.headers.get("location")];
  });
  results.delete = await outcome(() => read(new DeleteObjectCommand({ Bucket: bucket, Key: "before" })));
  return results;
};
