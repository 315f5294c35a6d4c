import { expect, test } from "vitest";
import type { Grant, ObjectOwnership } from "@aws-sdk/client-s3";
import { accessLevel, ALL_USERS, blocksOf, strictest, type AccessLevel, type Blocks } from "./access";
import { previewKind } from "./preview";
import { partBytes, PART_BYTES } from "./upload";
import { href, parse } from "../router";

const everyone: Grant = { Grantee: { Type: "Group", URI: ALL_USERS }, Permission: "READ" };
const check = (expected: AccessLevel, ownership: ObjectOwnership, policyIsPublic: boolean, grants: Grant[], blocks: Partial<Blocks> = {}) =>
  expect(accessLevel({ ownership, policyIsPublic, grants, blocks: { ...blocksOf(undefined), ...blocks } })).toBe(expected);

test("the words of the access column", () => {
  check("not-public", "BucketOwnerEnforced", false, []);
  check("not-public", "BucketOwnerEnforced", false, [everyone]);
  check("objects-can-be-public", "ObjectWriter", false, []);
  check("not-public", "ObjectWriter", false, [everyone], { IgnorePublicAcls: true });
  check("public", "ObjectWriter", false, [everyone]);
  check("public", "ObjectWriter", false, [everyone], { BlockPublicAcls: true });
  check("public", "BucketOwnerEnforced", true, []);
  check("public", "BucketOwnerEnforced", true, [], { BlockPublicPolicy: true });
  check("authorized-only", "BucketOwnerEnforced", true, [], { RestrictPublicBuckets: true });
  check("public", "ObjectWriter", true, [everyone], { RestrictPublicBuckets: true });
});

test("the more restrictive of bucket and account holds", () => {
  const one = blocksOf({ BlockPublicAcls: true });
  expect(strictest(one, blocksOf({ RestrictPublicBuckets: true }))).toEqual({ ...one, RestrictPublicBuckets: true });
});

test("what somebody uploaded is shown as text or picture, never as a document", () => {
  for (const type of ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml; charset=utf-8"]) {
    expect(previewKind(type, "a.html")).toEqual({ as: "text" });
  }
  expect(previewKind("IMAGE/PNG", "a")).toEqual({ as: "picture", type: "image/png" });
  expect(previewKind("application/pdf", "a.pdf")).toEqual({ as: "nothing" });
  expect(previewKind("application/octet-stream", "a.md")).toEqual({ as: "text" });
});

test("parts are never more than ten thousand", () => {
  expect(partBytes(1)).toBe(PART_BYTES);
  const size = 5 * 1024 ** 4;
  expect(Math.ceil(size / partBytes(size))).toBeLessThanOrEqual(10_000);
});

test("addresses keep every character of a key", () => {
  const key = "a b/ü?&=#%/../<x>";
  expect(parse(href(["buckets", "photos", "object"], { key })).query.get("key")).toBe(key);
  expect(parse("#/buckets/%zz").segments).toEqual(["buckets", "%zz"]);
});
