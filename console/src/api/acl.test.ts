import { describe, expect, test } from "vitest";
import type { Grant, Permission } from "@aws-sdk/client-s3";
import { ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY } from "./access";
import { grantsOf, isOffered, problemsOf, rowsOf, type AclRow, type Resource, type Single } from "./acl";

const OWNER = "a".repeat(64);
const OTHER = "b".repeat(64);
const to = (ID: string, Permission: Permission): Grant => ({ Grantee: { Type: "CanonicalUser", ID }, Permission });
const toGroup = (URI: string, Permission: Permission): Grant => ({ Grantee: { Type: "Group", URI }, Permission });
const all = (rows: AclRow[], resource: Resource): Grant[] => rows.flatMap((row) => grantsOf(row, resource));

test("duplicate grantees are one row with all that they have (CON-1)", () => {
  const rows = rowsOf([to(OWNER, "FULL_CONTROL"), to(OTHER, "READ"), to(OTHER, "READ_ACP"), to(OTHER, "READ")], OWNER, "bucket");
  expect(rows.filter(({ kind }) => kind === "account")).toMatchObject([{ id: OTHER, permissions: ["READ", "READ_ACP"] }]);
});

test("FULL_CONTROL is all boxes, and all boxes are FULL_CONTROL (CON-2)", () => {
  const [owner] = rowsOf([to(OWNER, "FULL_CONTROL")], OWNER, "bucket");
  expect(owner?.permissions).toEqual(["READ", "WRITE", "READ_ACP", "WRITE_ACP"]);
  const fresh: AclRow = { kind: "account", id: OTHER, permissions: ["READ", "READ_ACP", "WRITE_ACP"], grants: [] };
  expect(grantsOf(fresh, "object")).toEqual([to(OTHER, "FULL_CONTROL")]);
});

test("rows that nobody touched keep their grants, duplicates and all", () => {
  const grants = [to(OWNER, "FULL_CONTROL"), to(OTHER, "READ"), to(OTHER, "READ"), to(OTHER, "WRITE"), toGroup(LOG_DELIVERY, "WRITE")];
  const rows = rowsOf(grants, OWNER, "bucket");
  const saved = all(rows, "bucket");
  expect(saved).toHaveLength(grants.length);
  expect(saved).toEqual(expect.arrayContaining(grants));
});

test("a grant that the table of objects does not show survives (ACL-17)", () => {
  const grants = [to(OWNER, "FULL_CONTROL"), to(OTHER, "WRITE")];
  expect(all(rowsOf(grants, OWNER, "object"), "object")).toEqual(grants);
});

test("an owner without grants has a row, and gets nothing by saving (ACL-7)", () => {
  const grants = [toGroup(LOG_DELIVERY, "WRITE")];
  const rows = rowsOf(grants, OWNER, "bucket");
  expect(rows[0]).toMatchObject({ kind: "owner", permissions: [] });
  expect(all(rows, "bucket")).toEqual(grants);
});

describe("which boxes are offered", () => {
  const check = (kind: AclRow["kind"], permission: Single, resource: Resource, expected: boolean, before: readonly Single[] = []) => {
    const row: AclRow = { kind, id: "", permissions: before, grants: [] };
    expect([kind, permission, resource, isOffered(row, permission, resource, row)]).toEqual([kind, permission, resource, expected]);
  };
  test("on objects of others the bucket owner may be given write (CON-4)", () => {
    const row: AclRow = { kind: "account", id: OTHER, permissions: [], grants: [] };
    expect(isOffered(row, "WRITE_ACP", "object", undefined, OTHER)).toBe(true);
    expect(isOffered(row, "WRITE_ACP", "object", undefined, OWNER)).toBe(false);
    expect(isOffered({ ...row, id: "" }, "WRITE_ACP", "object", undefined, "")).toBe(false);
  });
  test("on buckets (10.1, CON-3)", () => {
    for (const permission of ["READ", "WRITE", "READ_ACP", "WRITE_ACP"] as const) {
      check("owner", permission, "bucket", true);
      check("log-delivery", permission, "bucket", true);
    }
    for (const kind of ["everyone", "authenticated"] as const) {
      check(kind, "READ", "bucket", true);
      check(kind, "READ_ACP", "bucket", true);
      check(kind, "WRITE", "bucket", false);
      check(kind, "WRITE_ACP", "bucket", false);
    }
    check("account", "WRITE", "bucket", false);
    check("account", "WRITE_ACP", "bucket", true);
    check("account", "WRITE", "bucket", true, ["WRITE"]);
  });
  test("on objects (10.2, CON-4)", () => {
    check("owner", "WRITE_ACP", "object", true);
    check("account", "WRITE_ACP", "object", false);
    check("everyone", "WRITE_ACP", "object", false);
    check("everyone", "READ", "object", true);
    check("everyone", "WRITE_ACP", "object", true, ["WRITE_ACP"]);
  });
});

test("ids are checked, and nobody has two rows", () => {
  const account = (id: string): AclRow => ({ kind: "account", id, permissions: ["READ"], grants: [] });
  const problems = problemsOf([account(OTHER), account(OTHER), account("B".repeat(64)), account("")], "bucket");
  expect([...problems]).toEqual([[1, "twice"], [2, "bad-id"], [3, "no-id"]]);
});

test("groups are told apart", () => {
  const rows = rowsOf([toGroup(ALL_USERS, "READ"), toGroup(AUTHENTICATED_USERS, "READ_ACP")], OWNER, "object");
  expect(rows.map(({ kind, permissions }) => [kind, permissions])).toEqual([["owner", []], ["everyone", ["READ"]], ["authenticated", ["READ_ACP"]]]);
});
