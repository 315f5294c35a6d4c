/** The SDK's clients, all of them on the origin of this page. */
import { S3Client } from "@aws-sdk/client-s3";
import { session, type KeyPair } from "./session";

const origin = (): string => location.origin;
/** The global endpoints of IAM and STS sign for this region, whatever the server's own is. */
export const GLOBAL_REGION = "us-east-1";

function settings(region: string, keys: () => KeyPair) {
  return {
    endpoint: origin(),
    region,
    credentials: () => Promise.resolve(keys()),
    maxAttempts: 2,
    // A browser tells its name in its own header.
    customUserAgent: "grantry-console",
  };
}

export function s3With(region: string, keys: () => KeyPair): S3Client {
  return new S3Client({
    ...settings(region, keys),
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_SUPPORTED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

let cachedS3: { region: string; client: S3Client } | undefined;

export function s3(): S3Client {
  const { region } = session();
  if (cachedS3?.region !== region) {
    cachedS3?.client.destroy();
    cachedS3 = { region, client: s3With(region, () => session().keys) };
  }
  return cachedS3.client;
}

export async function sts(keys: () => KeyPair) {
  const { STSClient } = await import("@aws-sdk/client-sts");
  return new STSClient(settings(GLOBAL_REGION, keys));
}

/** IAM takes sessions of roles; calls of users and of root are signed by their access key. */
export async function iam() {
  const [{ IAMClient }, { IamSigner }] = await Promise.all([import("@aws-sdk/client-iam"), import("./iam-key")]);
  const { iamKey } = session();
  const ofRole = settings(GLOBAL_REGION, () => session().keys);
  return new IAMClient(iamKey ? { ...ofRole, signer: new IamSigner(() => iamKey, GLOBAL_REGION) } : ofRole);
}

/** S3 Control would put the account id in front of the host, which leads nowhere from a page. */
export async function s3control() {
  const { S3ControlClient } = await import("@aws-sdk/client-s3-control");
  const { region } = session();
  const endpointProvider = () => ({ url: new URL(origin()) });
  return new S3ControlClient({ ...settings(region, () => session().keys), disableHostPrefix: true, endpointProvider } as object);
}
