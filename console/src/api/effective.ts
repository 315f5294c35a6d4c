/** Whether everybody may read an object: asked of the server, as everybody would; and why. */
import type { Grant } from "@aws-sdk/client-s3";
import { ALL_USERS, type BucketFacts } from "./access";
import type { ObjectName } from "./objects";

export interface Effective {
  readable: boolean;
  status: number;
}

export function addressOf({ bucket, key, versionId }: ObjectName): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  return `${location.origin}/${bucket}/${path}${versionId ? `?versionId=${encodeURIComponent(versionId)}` : ""}`;
}

/** A request without signature, from this browser. */
export async function everyoneReads(name: ObjectName): Promise<Effective> {
  const answer = await fetch(addressOf(name), { method: "HEAD", credentials: "omit", cache: "no-store" });
  return { readable: answer.ok, status: answer.status };
}

export type Reason =
  | "acl-grants" | "acl-disabled" | "acl-ignored" | "acl-silent"
  | "policy-public" | "policy-restricted" | "policy-private" | "policy-none";

/** What the settings say, one about ACLs and one about the policy. */
export function reasonsFor(facts: Pick<BucketFacts, "ownership" | "blocks" | "policy" | "policyIsPublic">, grants: readonly Grant[]): Reason[] {
  const granted = grants.some(({ Grantee, Permission }) => Grantee?.URI === ALL_USERS && (Permission === "READ" || Permission === "FULL_CONTROL"));
  const acl = facts.ownership === "BucketOwnerEnforced" ? "acl-disabled" : facts.blocks.IgnorePublicAcls ? "acl-ignored" : granted ? "acl-grants" : "acl-silent";
  if (!facts.policy) return [acl, "policy-none"];
  if (!facts.policyIsPublic) return [acl, "policy-private"];
  return [acl, facts.blocks.RestrictPublicBuckets ? "policy-restricted" : "policy-public"];
}
