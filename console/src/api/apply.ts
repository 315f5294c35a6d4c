/** Carries out a suggested change, where the console can: settings of buckets and their policies. */
import {
  DeleteBucketPolicyCommand, PutBucketAclCommand, PutBucketOwnershipControlsCommand, PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand, PutObjectAclCommand, PutPublicAccessBlockCommand,
  type Grant, type ObjectOwnership, type Payer, type Permission,
} from "@aws-sdk/client-s3";
import { s3, s3control } from "./clients";
import type { Change } from "./grantry";
import { session } from "./session";

const text = (change: Change, name: string): string => String(change[name] ?? "");

function blocks(change: Change) {
  const on = (name: string) => change[name] === true;
  return {
    BlockPublicAcls: on("blockPublicAcls"), IgnorePublicAcls: on("ignorePublicAcls"),
    BlockPublicPolicy: on("blockPublicPolicy"), RestrictPublicBuckets: on("restrictPublicBuckets"),
  };
}

function acl(change: Change) {
  const grants = change.grants as { grantee: string; permission: string }[];
  const Grants: Grant[] = grants.map(({ grantee, permission }) => ({
    Grantee: grantee.includes("/") ? { Type: "Group", URI: grantee } : { Type: "CanonicalUser", ID: grantee },
    Permission: permission as Permission,
  }));
  return { Owner: { ID: text(change, "owner") }, Grants };
}

const POLICY_CHANGES = ["addPolicyStatement", "removePolicyStatement", "narrowPolicyStatement"];
const OTHERS = ["setPublicAccessBlock", "setObjectOwnership", "putBucketAcl", "putObjectAcl", "setRequestPayment"];

/** Only changes of this account's buckets: what IAM or another account has to do is shown as commands. */
export function canApply(change: Change): boolean {
  if (change.account !== undefined && change.account !== session().identity.account) return false;
  if (POLICY_CHANGES.includes(change.change)) return change.policyKind === "bucket" && change.document !== undefined;
  return OTHERS.includes(change.change);
}

export async function apply(change: Change): Promise<void> {
  const Bucket = change.bucket ?? "";
  switch (change.change) {
    case "setPublicAccessBlock": {
      const PublicAccessBlockConfiguration = blocks(change);
      if (change.bucket) {
        await s3().send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
      } else {
        const { PutPublicAccessBlockCommand: OfAccount } = await import("@aws-sdk/client-s3-control");
        await (await s3control()).send(new OfAccount({ AccountId: session().identity.account, PublicAccessBlockConfiguration }));
      }
      return;
    }
    case "setObjectOwnership": {
      const Rules = [{ ObjectOwnership: text(change, "objectOwnership") as ObjectOwnership }];
      await s3().send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }));
      return;
    }
    case "putBucketAcl":
      await s3().send(new PutBucketAclCommand({ Bucket, AccessControlPolicy: acl(change) }));
      return;
    case "putObjectAcl":
      await s3().send(new PutObjectAclCommand({ Bucket, Key: text(change, "key"), VersionId: change.version as string | undefined, AccessControlPolicy: acl(change) }));
      return;
    case "setRequestPayment":
      await s3().send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer: text(change, "payer") as Payer } }));
      return;
    default:
      if (change.document) await s3().send(new PutBucketPolicyCommand({ Bucket, Policy: change.document }));
      else await s3().send(new DeleteBucketPolicyCommand({ Bucket }));
  }
}
