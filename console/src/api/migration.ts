/**
 * What disabling ACLs would take away: grants on objects to somebody else than the bucket's owner, and
 * objects of other owners. Looks at the first objects of the bucket only.
 */
import { GetObjectAclCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { inTurns } from "../components/load";
import { rowsOf } from "./acl";
import { s3 } from "./clients";

export const OBJECTS_LOOKED_AT = 200;
const AT_ONCE = 4;

export interface Loss {
  key: string;
  kind: "foreign-owner" | "everyone" | "authenticated" | "account" | "log-delivery";
  id: string;
}

export interface Losses {
  looked: number;
  more: boolean;
  losses: Loss[];
  unread: number;
}

export async function lossesOf(Bucket: string, bucketOwner: string): Promise<Losses> {
  const page = await s3().send(new ListObjectsV2Command({ Bucket, MaxKeys: OBJECTS_LOOKED_AT }));
  const keys = (page.Contents ?? []).map(({ Key = "" }) => Key);
  const losses: Loss[] = [];
  let unread = 0;
  await inTurns(keys, AT_ONCE, async (key) => {
    try {
      const acl = await s3().send(new GetObjectAclCommand({ Bucket, Key: key }));
      const owner = acl.Owner?.ID ?? "";
      if (owner !== bucketOwner) losses.push({ key, kind: "foreign-owner", id: owner });
      for (const { kind, id, permissions } of rowsOf(acl.Grants ?? [], owner, "object")) {
        if (kind !== "owner" && id !== bucketOwner && permissions.length > 0) losses.push({ key, kind, id });
      }
    } catch {
      unread += 1;
    }
  });
  losses.sort((one, other) => (one.key < other.key ? -1 : 1));
  return { looked: keys.length, more: page.IsTruncated === true, losses, unread };
}
