import { Sha256 } from "@aws-crypto/sha256-browser";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, test } from "vitest";
import { deriveIamKey, IamSigner } from "./iam-key";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const at = (text: string) => new Date(text);
const request = () => ({
  method: "POST", protocol: "http:", hostname: "127.0.0.1", port: 9000, path: "/", query: {},
  headers: { host: "127.0.0.1:9000", "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
  body: "Action=ListUsers&Version=2010-05-08",
});

test("a request is signed as with the secret", async () => {
  const signingDate = at("2026-11-29T23:50:00Z");
  const key = await deriveIamKey(credentials, "us-east-1", signingDate, at("2026-11-30T00:50:00Z"));
  const plain = new SignatureV4({ service: "iam", region: "us-east-1", credentials, sha256: Sha256, applyChecksum: false });
  const signer = new IamSigner(() => key, "us-east-1");
  for (const date of [signingDate, at("2026-11-30T00:10:00Z")]) {
    const [ours, theirs] = [await signer.sign(request(), { signingDate: date }), await plain.sign(request(), { signingDate: date })];
    expect(ours.headers.authorization).toBe(theirs.headers.authorization);
  }
});

test("there are keys for the days of the session and for no other", async () => {
  const days = async (from: string, until: string) => [...(await deriveIamKey(credentials, "us-east-1", at(from), at(until))).days.keys()];
  expect(await days("2026-11-29T12:00:00Z", "2026-11-29T13:00:00Z")).toEqual(["20261129"]);
  // Clocks differ.
  expect(await days("2026-11-29T00:10:00Z", "2026-11-29T01:10:00Z")).toEqual(["20261128", "20261129"]);
  expect(await days("2026-11-29T20:00:00Z", "2026-11-29T23:50:00Z")).toEqual(["20261129", "20261130"]);
  const key = await deriveIamKey(credentials, "us-east-1", at("2026-11-29T12:00:00Z"), at("2026-11-29T13:00:00Z"));
  const signer = new IamSigner(() => key, "us-east-1");
  await expect(signer.sign(request(), { signingDate: at("2026-12-01T12:00:00Z") })).rejects.toThrow("sign in again");
});
