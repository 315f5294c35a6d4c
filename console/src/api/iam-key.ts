/**
 * Calls of IAM without the secret. IAM takes no session of root or of a user without multi-factor
 * authentication, so these calls are signed with the access key itself; but signing needs only keys that are
 * derived from the secret, each good for one service on one day. They are derived at sign-in, the secret is
 * forgotten, and where the browser can keep them, no script can read them. AWS: "Create a signed AWS API
 * request", "Derive the signing key".
 */
import { Sha256 } from "@aws-crypto/sha256-browser";
import {
  ALGORITHM_IDENTIFIER, clearCredentialCache, createScope, getCanonicalHeaders, getPayloadHash, getSigningKey, prepareRequest,
  SignatureV4Base,
} from "@smithy/signature-v4";
import type { HttpRequest, RequestSigner, RequestSigningArguments } from "@smithy/types";
import { toHex, toUint8Array } from "@smithy/core/serde";

const SERVICE = "iam";
const DAY_MILLIS = 24 * 60 * 60 * 1000;
/** How far the clocks of browser and server may be apart. */
const SKEW_MILLIS = 15 * 60 * 1000;

type Mac = (text: string) => Promise<Uint8Array>;

export interface IamKey {
  accessKeyId: string;
  /** By day, as 20261129. */
  days: ReadonlyMap<string, Mac>;
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10).replaceAll("-", "");

/** A key in the hands of the browser, which uses it and does not give it away; over plain HTTP it takes none. */
async function macOf(key: Uint8Array): Promise<Mac> {
  if (globalThis.crypto?.subtle) {
    const hidden = await crypto.subtle.importKey("raw", new Uint8Array(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return async (text) => new Uint8Array(await crypto.subtle.sign("HMAC", hidden, new TextEncoder().encode(text)));
  }
  return async (text) => {
    const mac = new Sha256(key);
    mac.update(toUint8Array(text));
    return mac.digest();
  };
}

/** Keys for the days from now until a session ends. */
export async function deriveIamKey(
  keys: { accessKeyId: string; secretAccessKey: string }, region: string, from: Date, until: Date,
): Promise<IamKey> {
  const days = new Map<string, Mac>();
  const last = dayOf(until.getTime() + SKEW_MILLIS);
  for (let time = from.getTime() - SKEW_MILLIS; dayOf(time) <= last; time += DAY_MILLIS) {
    days.set(dayOf(time), await macOf(await getSigningKey(Sha256, keys, dayOf(time), region, SERVICE)));
  }
  clearCredentialCache();
  return { accessKeyId: keys.accessKeyId, days };
}

export class IamSigner extends SignatureV4Base implements RequestSigner {
  constructor(
    private readonly key: () => IamKey,
    private readonly region: string,
  ) {
    super({ service: SERVICE, region, credentials: { accessKeyId: "", secretAccessKey: "" }, sha256: Sha256, applyChecksum: false });
  }

  async sign(toSign: HttpRequest, { signingDate = new Date() }: RequestSigningArguments = {}): Promise<HttpRequest> {
    const { accessKeyId, days } = this.key();
    const request = prepareRequest(toSign);
    const { longDate, shortDate } = this.formatDate(signingDate);
    const mac = days.get(shortDate);
    if (!mac) throw new Error(`the session has no key for ${shortDate}: sign in again`);
    const scope = createScope(shortDate, this.region, SERVICE);
    request.headers["x-amz-date"] = longDate;
    const headers = getCanonicalHeaders(request);
    const canonical = this.createCanonicalRequest(request, headers, await getPayloadHash(request, Sha256));
    const text = await this.createStringToSign(longDate, scope, canonical, ALGORITHM_IDENTIFIER);
    request.headers.authorization =
      `${ALGORITHM_IDENTIFIER} Credential=${accessKeyId}/${scope}, ` +
      `SignedHeaders=${this.getCanonicalHeaderList(headers)}, Signature=${toHex(await mac(text))}`;
    return request;
  }
}
