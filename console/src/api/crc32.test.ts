import { crc32 as expected } from "node:zlib";
import { expect, test } from "vitest";
import { crc32 } from "./crc32";

const inBase64 = (sum: number) => Buffer.from(new Uint32Array([sum]).buffer).reverse().toString("base64");

test("the checksum of a body is what the server computes, however long it is", async () => {
  expect(await crc32(new Blob(["123456789"]))).toBe("y/Q5Jg==");
  for (const length of [0, 1, 512 * 1024, 512 * 1024 + 1, 3_000_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
    expect(await crc32(new Blob([bytes]))).toBe(inBase64(expected(bytes)));
  }
});

test("a body is read no further when nobody wants it any more", async () => {
  await expect(crc32(new Blob(["abc"]), AbortSignal.abort())).rejects.toThrow();
});
