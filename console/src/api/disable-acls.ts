/** Disabling the ACLs of a bucket in the order in which nobody loses what the policy gives. */
import {
  DeleteBucketOwnershipControlsCommand, DeleteBucketPolicyCommand, PutBucketAclCommand, PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand, type Grant, type ObjectOwnership,
} from "@aws-sdk/client-s3";
import { bucketPolicy, storedOwnership } from "./access";
import { s3 } from "./clients";

/** What a bucket has before. */
export interface Before {
  bucket: string;
  /** Absent where no setting is stored. */
  ownership?: ObjectOwnership;
  policy?: string;
  owner: string;
  grants: Grant[];
}

const ownershipOf = (ObjectOwnership: ObjectOwnership) => ({ OwnershipControls: { Rules: [{ ObjectOwnership }] } });

/** Disables ACLs and nothing else. */
export async function enforce(Bucket: string): Promise<void> {
  await s3().send(new PutBucketOwnershipControlsCommand({ Bucket, ...ownershipOf("BucketOwnerEnforced") }));
}

/**
 * First the policy, then the bucket ACL, which has to be private for the last step, the ownership. What fails
 * undoes what came before it.
 */
export async function disableAcls(before: Before, policy: string | null): Promise<void> {
  const Bucket = before.bucket;
  const undo: (() => Promise<unknown>)[] = [];
  try {
    if (policy !== null && policy !== before.policy) {
      await s3().send(new PutBucketPolicyCommand({ Bucket, Policy: policy }));
      undo.unshift(() => putPolicy(Bucket, before.policy));
    }
    await s3().send(new PutBucketAclCommand({ Bucket, ACL: "private" }));
    undo.unshift(() => putGrants(before));
    await enforce(Bucket);
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
}

async function putPolicy(Bucket: string, policy: string | undefined): Promise<void> {
  if (policy === undefined) await s3().send(new DeleteBucketPolicyCommand({ Bucket }));
  else await s3().send(new PutBucketPolicyCommand({ Bucket, Policy: policy }));
}

async function putGrants({ bucket: Bucket, owner, grants: Grants }: Before): Promise<void> {
  await s3().send(new PutBucketAclCommand({ Bucket, AccessControlPolicy: { Owner: { ID: owner }, Grants } }));
}

/** Brings back what was before, unless somebody changed the bucket since. ACLs work again before their policy goes. */
export async function restore(before: Before, policy: string | null): Promise<boolean> {
  const Bucket = before.bucket;
  const [present, ownership] = await Promise.all([bucketPolicy(Bucket), storedOwnership(Bucket)]);
  if (present !== (policy ?? before.policy) || ownership !== "BucketOwnerEnforced") return false;
  if (before.ownership === undefined) await s3().send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
  else await s3().send(new PutBucketOwnershipControlsCommand({ Bucket, ...ownershipOf(before.ownership) }));
  await putGrants(before);
  if (present !== before.policy) await putPolicy(Bucket, before.policy);
  return true;
}
