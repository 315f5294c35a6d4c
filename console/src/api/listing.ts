import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { s3 } from "./clients";

/** Every key below a prefix. */
export async function* everyKey(Bucket: string, Prefix: string): AsyncGenerator<string> {
  let StartAfter: string | undefined;
  for (;;) {
    const page = await s3().send(new ListObjectsV2Command({ Bucket, Prefix, StartAfter }));
    for (const { Key } of page.Contents ?? []) {
      if (Key === undefined) continue;
      yield Key;
      StartAfter = Key;
    }
    if (!page.IsTruncated) return;
  }
}
