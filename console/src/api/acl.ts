/**
 * An ACL as a table: a row for each grantee, with all that it is granted. What a row says is combined
 * from its grants; rows that nobody touched keep their grants as they are, in their order.
 */
import type { Grant, Permission } from "@aws-sdk/client-s3";
import { ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY } from "./access";

export type Single = Exclude<Permission, "FULL_CONTROL">;
export type RowKind = "owner" | "everyone" | "authenticated" | "log-delivery" | "account";
export type Resource = "bucket" | "object";

export interface AclRow {
  kind: RowKind;
  /** The canonical id of an account. */
  id: string;
  permissions: readonly Single[];
  /** The grants that the row came from. */
  grants: readonly Grant[];
}

/** 100 grants, less the owner's. */
export const ACCOUNTS_MAX = 99;
const GRANTS_MAX = 100;

export const PERMISSIONS: Record<Resource, readonly Single[]> = {
  bucket: ["READ", "WRITE", "READ_ACP", "WRITE_ACP"],
  object: ["READ", "READ_ACP", "WRITE_ACP"],
};

const URIS = { everyone: ALL_USERS, authenticated: AUTHENTICATED_USERS, "log-delivery": LOG_DELIVERY } as const;

function kindOf(grant: Grant, owner: string): RowKind {
  const { URI, ID } = grant.Grantee ?? {};
  if (URI === ALL_USERS) return "everyone";
  if (URI === AUTHENTICATED_USERS) return "authenticated";
  if (URI === LOG_DELIVERY) return "log-delivery";
  return ID === owner ? "owner" : "account";
}

function permissionsOf(grants: readonly Grant[], resource: Resource): Single[] {
  const has = (permission: Permission) => grants.some((grant) => grant.Permission === permission);
  return PERMISSIONS[resource].filter((permission) => has("FULL_CONTROL") || has(permission));
}

/** The rows, the fixed ones first, whether they have grants or not. */
export function rowsOf(grants: readonly Grant[], owner: string, resource: Resource): AclRow[] {
  const fixed: RowKind[] = ["owner", "everyone", "authenticated", ...(resource === "bucket" ? (["log-delivery"] as const) : [])];
  const groups = new Map<string, { kind: RowKind; id: string; grants: Grant[] }>();
  for (const kind of fixed) groups.set(kind, { kind, id: kind === "owner" ? owner : "", grants: [] });
  for (const grant of grants) {
    const kind = kindOf(grant, owner);
    const id = kind === "account" || kind === "owner" ? (grant.Grantee?.ID ?? "") : "";
    const key = kind === "account" ? `account ${id}` : kind;
    const group = groups.get(key) ?? { kind, id, grants: [] };
    group.grants.push(grant);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({ ...group, permissions: permissionsOf(group.grants, resource) }));
}

/**
 * Whether the console offers a box. Write for others is not offered; where an ACL already grants it,
 * it is shown so that it can be taken away. The owner of a bucket is no other to objects in it (CON-4).
 */
export function isOffered(row: AclRow, permission: Single, resource: Resource, original: AclRow | undefined, bucketOwner?: string): boolean {
  const writes = permission === "WRITE" || (permission === "WRITE_ACP" && (resource === "object" || isGroup(row.kind)));
  const trusted = row.kind === "owner" || row.kind === "log-delivery" || (row.kind === "account" && row.id !== "" && row.id === bucketOwner);
  const isAccountAcl = permission === "WRITE_ACP" && resource === "bucket" && row.kind === "account";
  if (!writes || trusted || isAccountAcl) return true;
  return original?.permissions.includes(permission) ?? false;
}

const isGroup = (kind: RowKind): boolean => kind === "everyone" || kind === "authenticated";

export const isPublicRow = (row: AclRow): boolean => isGroup(row.kind) && row.permissions.length > 0;

const same = (one: readonly Single[], other: readonly Single[]): boolean =>
  one.length === other.length && one.every((permission) => other.includes(permission));

function granteeOf({ kind, id }: AclRow): NonNullable<Grant["Grantee"]> {
  if (kind === "owner" || kind === "account") return { Type: "CanonicalUser", ID: id };
  return { Type: "Group", URI: URIS[kind] };
}

/** The grants of one row: what it had if it says the same, else all boxes as one or each by itself. */
export function grantsOf(row: AclRow, resource: Resource): Grant[] {
  if (same(row.permissions, permissionsOf(row.grants, resource))) return [...row.grants];
  const Grantee = granteeOf(row);
  const all = PERMISSIONS[resource].every((permission) => row.permissions.includes(permission));
  const permissions: readonly Permission[] = all ? ["FULL_CONTROL"] : row.permissions;
  return permissions.map((Permission) => ({ Grantee, Permission }));
}

export type Problem = "no-id" | "bad-id" | "twice" | "too-many-grants";

/** A canonical id is 64 digits; the one of objects that nobody owns has 32. */
export const isCanonicalId = (id: string): boolean => /^([0-9a-f]{64}|[0-9a-f]{32})$/.test(id);

/** What is wrong with the rows, by their index; what concerns all of them at -1. */
export function problemsOf(rows: readonly AclRow[], resource: Resource): Map<number, Problem> {
  const problems = new Map<number, Problem>();
  const seen = new Set<string>();
  rows.forEach((row, index) => {
    if (row.kind !== "account" && row.kind !== "owner") return;
    if (seen.has(row.id)) problems.set(index, "twice");
    seen.add(row.id);
    if (!row.id) problems.set(index, "no-id");
    else if (!isCanonicalId(row.id)) problems.set(index, "bad-id");
  });
  if (rows.flatMap((row) => grantsOf(row, resource)).length > GRANTS_MAX) problems.set(-1, "too-many-grants");
  return problems;
}
