/**
 * Who can reach a bucket, from its settings: the words of the access column. The server decides each
 * request by itself; this says what its settings let happen.
 */
import {
  GetBucketAclCommand, type GetBucketAclCommandOutput, GetBucketOwnershipControlsCommand, GetBucketPolicyCommand, GetBucketPolicyStatusCommand,
  GetPublicAccessBlockCommand, type Grant, type ObjectOwnership, type PublicAccessBlockConfiguration,
} from "@aws-sdk/client-s3";
import { s3, s3control } from "./clients";
import { orNone } from "./errors";
import { session } from "./session";

export const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";
export const AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
export const LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery";

export interface Blocks {
  BlockPublicAcls: boolean;
  IgnorePublicAcls: boolean;
  BlockPublicPolicy: boolean;
  RestrictPublicBuckets: boolean;
}

export const FLAGS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] as const;

export type AccessLevel = "public" | "objects-can-be-public" | "not-public" | "authorized-only" | "error";

export interface BucketFacts {
  bucketBlocks: Blocks;
  accountBlocks: Blocks;
  /** The more restrictive of both, flag by flag. */
  blocks: Blocks;
  ownership: ObjectOwnership;
  policy?: string;
  policyIsPublic: boolean;
  owner: string;
  grants: Grant[];
}

export function blocksOf(configuration: PublicAccessBlockConfiguration | undefined): Blocks {
  const on = (flag: (typeof FLAGS)[number]) => configuration?.[flag] === true;
  return {
    BlockPublicAcls: on("BlockPublicAcls"),
    IgnorePublicAcls: on("IgnorePublicAcls"),
    BlockPublicPolicy: on("BlockPublicPolicy"),
    RestrictPublicBuckets: on("RestrictPublicBuckets"),
  };
}

export function strictest(one: Blocks, other: Blocks): Blocks {
  const result = { ...one };
  for (const flag of FLAGS) result[flag] ||= other[flag];
  return result;
}

export const isPublicGrant = ({ Grantee }: Grant): boolean =>
  Grantee?.URI === ALL_USERS || Grantee?.URI === AUTHENTICATED_USERS;

type Deciding = Pick<BucketFacts, "blocks" | "ownership" | "policyIsPublic" | "grants">;

export function accessLevel({ blocks, ownership, policyIsPublic, grants }: Deciding): AccessLevel {
  const aclsCount = ownership !== "BucketOwnerEnforced" && !blocks.IgnorePublicAcls;
  if (policyIsPublic && !blocks.RestrictPublicBuckets) return "public";
  if (aclsCount && grants.some(isPublicGrant)) return "public";
  if (policyIsPublic) return "authorized-only";
  return aclsCount ? "objects-can-be-public" : "not-public";
}

export async function accountBlocks(): Promise<PublicAccessBlockConfiguration | undefined> {
  const { GetPublicAccessBlockCommand: Command } = await import("@aws-sdk/client-s3-control");
  const client = await s3control();
  const asked = client.send(new Command({ AccountId: session().identity.account }));
  return (await orNone(asked, "NoSuchPublicAccessBlockConfiguration"))?.PublicAccessBlockConfiguration;
}

export async function bucketBlocks(Bucket: string): Promise<PublicAccessBlockConfiguration | undefined> {
  const asked = s3().send(new GetPublicAccessBlockCommand({ Bucket }));
  return (await orNone(asked, "NoSuchPublicAccessBlockConfiguration"))?.PublicAccessBlockConfiguration;
}

export async function storedOwnership(Bucket: string): Promise<ObjectOwnership | undefined> {
  const asked = s3().send(new GetBucketOwnershipControlsCommand({ Bucket }));
  return (await orNone(asked, "OwnershipControlsNotFoundError"))?.OwnershipControls?.Rules?.[0]?.ObjectOwnership;
}

/** A bucket without the setting behaves as one with ObjectWriter. */
export const bucketOwnership = async (Bucket: string): Promise<ObjectOwnership> => (await storedOwnership(Bucket)) ?? "ObjectWriter";

export async function bucketPolicy(Bucket: string): Promise<string | undefined> {
  return (await orNone(s3().send(new GetBucketPolicyCommand({ Bucket })), "NoSuchBucketPolicy"))?.Policy;
}

async function policyIsPublic(Bucket: string): Promise<boolean> {
  const asked = s3().send(new GetBucketPolicyStatusCommand({ Bucket }));
  return (await orNone(asked, "NoSuchBucketPolicy"))?.PolicyStatus?.IsPublic === true;
}

/** Asynchronous from its first step: where nobody is signed in any more, a list of questions whose last one
 * throws would leave the others' failures to nobody. */
async function bucketAcl(Bucket: string): Promise<GetBucketAclCommandOutput> {
  return await s3().send(new GetBucketAclCommand({ Bucket }));
}

type ListFacts = Deciding & { name: string };

/** What the access column of the list needs. */
export async function listFacts(name: string, account: Blocks): Promise<ListFacts> {
  const [own, ownership, isPublic, acl] = await Promise.all([
    bucketBlocks(name), bucketOwnership(name), policyIsPublic(name), bucketAcl(name),
  ]);
  return { name, blocks: strictest(blocksOf(own), account), ownership, policyIsPublic: isPublic, grants: acl.Grants ?? [] };
}

export async function bucketFacts(name: string): Promise<BucketFacts> {
  const [own, account, ownership, policy, isPublic, acl] = await Promise.all([
    bucketBlocks(name), accountBlocks().catch(() => undefined), bucketOwnership(name), bucketPolicy(name),
    policyIsPublic(name), bucketAcl(name),
  ]);
  const blocks = { own: blocksOf(own), account: blocksOf(account) };
  return {
    bucketBlocks: blocks.own, accountBlocks: blocks.account, blocks: strictest(blocks.own, blocks.account),
    ownership, policy, policyIsPublic: isPublic, owner: acl.Owner?.ID ?? "", grants: acl.Grants ?? [],
  };
}
