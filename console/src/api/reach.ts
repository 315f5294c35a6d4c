/** Who reaches a bucket by which rule: the lines of the small graph. */
import type { BucketFacts } from "./access";
import { rowsOf, type RowKind } from "./acl";

export interface Reach {
  who: string;
  via: "owner" | "policy" | "acl";
  may: string[];
  isPublic: boolean;
  /** The setting that keeps the rule from working. */
  blockedBy?: "ownership" | "IgnorePublicAcls" | "RestrictPublicBuckets";
  sid?: string;
}

type Names = { owner: string; everyone: string; kinds: Record<RowKind, string>; permissions: Record<string, string> };

interface Statement {
  Sid?: string;
  Effect?: string;
  Principal?: unknown;
  NotPrincipal?: unknown;
  Action?: string | string[];
  NotAction?: string | string[];
  Condition?: object;
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)]);

function principals(statement: Statement): string[] {
  if (statement.NotPrincipal) return ["*"];
  const { Principal } = statement;
  if (typeof Principal === "string") return [Principal];
  if (typeof Principal !== "object" || Principal === null) return [];
  return Object.values(Principal).flatMap(list);
}

function statementsOf(policy: string | undefined): Statement[] {
  try {
    const parsed = JSON.parse(policy ?? "{}") as { Statement?: Statement | Statement[] };
    return parsed.Statement === undefined ? [] : Array.isArray(parsed.Statement) ? parsed.Statement : [parsed.Statement];
  } catch {
    return [];
  }
}

export function reachOf(facts: BucketFacts, names: Names): Reach[] {
  const reach: Reach[] = [{ who: names.owner, via: "owner", may: [], isPublic: false }];
  for (const statement of statementsOf(facts.policy)) {
    if (statement.Effect !== "Allow") continue;
    const actions = statement.Action === undefined ? [`NotAction: ${list(statement.NotAction).join(", ")}`] : list(statement.Action);
    for (const principal of principals(statement)) {
      const everyone = principal === "*";
      reach.push({
        who: everyone ? names.everyone : principal,
        via: "policy",
        may: actions,
        isPublic: everyone && facts.policyIsPublic,
        sid: statement.Sid,
        blockedBy: facts.policyIsPublic && facts.blocks.RestrictPublicBuckets && everyone ? "RestrictPublicBuckets" : undefined,
      });
    }
  }
  for (const row of rowsOf(facts.grants, facts.owner, "bucket")) {
    if (row.permissions.length === 0 || row.kind === "owner") continue;
    const isPublic = row.kind === "everyone" || row.kind === "authenticated";
    const ignored = isPublic && facts.blocks.IgnorePublicAcls;
    reach.push({
      who: row.kind === "account" ? row.id : names.kinds[row.kind],
      via: "acl",
      may: row.permissions.map((permission) => names.permissions[permission] ?? permission),
      isPublic,
      blockedBy: facts.ownership === "BucketOwnerEnforced" ? "ownership" : ignored ? "IgnorePublicAcls" : undefined,
    });
  }
  return reach;
}
