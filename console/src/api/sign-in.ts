/** From an access key to a session: the secret is used for GetSessionToken and to derive what signs calls of IAM. */
import { S3Client, ListBucketsCommand } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from "@aws-sdk/client-sts";
import { GLOBAL_REGION, s3With, sts } from "./clients";
import { failure } from "./errors";
import { deriveIamKey } from "./iam-key";
import { begin, identityOf, keyPair, session, type KeyPair, type Session } from "./session";

/** Root users get no session longer than an hour. AWS: STS API reference, GetSessionToken. */
const ROOT_SECONDS_MAX = 3600;

interface Asked {
  accessKeyId: string;
  secretAccessKey: string;
  seconds: number;
}

/** The region that the server signs for, and the canonical id of the account. */
async function place(keys: KeyPair): Promise<{ region: string; canonicalId?: string }> {
  const ask = async (client: S3Client) => (await client.send(new ListBucketsCommand({ MaxBuckets: 1 }))).Owner?.ID;
  try {
    return { region: GLOBAL_REGION, canonicalId: await ask(s3With(GLOBAL_REGION, () => keys)) };
  } catch (error) {
    const region = /expecting '([a-z0-9-]+)'/.exec(failure(error).message)?.[1];
    if (!region) return { region: GLOBAL_REGION };
    return { region, canonicalId: await ask(s3With(region, () => keys)).catch(() => undefined) };
  }
}

export async function signIn({ accessKeyId, secretAccessKey, seconds }: Asked): Promise<void> {
  const longTerm = { accessKeyId, secretAccessKey };
  const client = await sts(() => longTerm);
  const caller = await client.send(new GetCallerIdentityCommand({}));
  const identity = identityOf(caller.Arn ?? "", caller.Account ?? "");
  const most = identity.kind === "root" ? Math.min(seconds, ROOT_SECONDS_MAX) : seconds;
  const { Credentials } = await client.send(new GetSessionTokenCommand({ DurationSeconds: most }));
  const keys = keyPair(Credentials);
  const expires = Credentials?.Expiration ?? new Date(Date.now() + most * 1000);
  const iamKey = await deriveIamKey(longTerm, GLOBAL_REGION, new Date(), expires);
  begin({ identity, keys, expires, iamKey, ...(await place(keys)) });
}

/** Takes a role on, in the place of the session or from it. */
export async function assumeRole(roleArn: string, name: string): Promise<Session> {
  const before = session();
  const client = await sts(() => before.keys);
  const answer = await client.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: name }));
  const keys = keyPair(answer.Credentials);
  const account = roleArn.split(":")[4] ?? "";
  const identity = identityOf(answer.AssumedRoleUser?.Arn ?? roleArn, account);
  const expires = answer.Credentials?.Expiration ?? new Date(Date.now() + 3600_000);
  const next: Session = { identity, keys, expires, before, ...(await place(keys)) };
  begin(next);
  return next;
}
