/**
 * Who is signed in. Credentials are in variables of this module and nowhere else: not in a storage of
 * the browser, which any page of this origin could read, and an object that somebody uploaded is such
 * a page.
 */
import type { Credentials } from "@aws-sdk/client-sts";

export interface KeyPair {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Identity {
  arn: string;
  account: string;
  kind: "root" | "user" | "role";
}

export interface Session {
  identity: Identity;
  keys: KeyPair;
  expires: Date;
  region: string;
  /** The id of the key that was typed; its secret is not here. */
  accessKeyId: string;
  canonicalId?: string;
  /** The session before the role was taken on. */
  before?: Session;
}

export type Ending = "signed-out" | "idle" | "expired";

interface State {
  session: Session | null;
  ending: Ending | null;
}

/** What is forgotten without a touch of keyboard or pointer. */
export const IDLE_MILLIS = 15 * 60 * 1000;
/** How long the key for IAM is kept. */
export const UNLOCKED_MILLIS = 15 * 60 * 1000;

let state: State = { session: null, ending: null };
let iamKeys: { keys: KeyPair; until: number } | null = null;
let lastTouch = Date.now();
const listeners = new Set<() => void>();

function change(next: State): void {
  state = next;
  for (const listener of listeners) listener();
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const snapshot = (): State => state;

export function session(): Session {
  if (!state.session) throw new Error("nobody is signed in");
  return state.session;
}

export function begin(session: Session): void {
  lastTouch = Date.now();
  iamKeys = null;
  change({ session, ending: null });
}

export function end(ending: Ending): void {
  iamKeys = null;
  change({ session: null, ending });
}

export function leaveRole(): void {
  const before = state.session?.before;
  iamKeys = null;
  if (before && before.expires.getTime() > Date.now()) change({ session: before, ending: null });
  else end("expired");
}

export function unlockIam(keys: KeyPair): void {
  iamKeys = { keys, until: Date.now() + UNLOCKED_MILLIS };
  change({ ...state });
}

export function lockIam(): void {
  iamKeys = null;
  change({ ...state });
}

/** IAM refuses sessions of users and of root without multi-factor authentication; those of roles it takes. */
export function keysForIam(): KeyPair | null {
  if (state.session?.identity.kind === "role") return state.session.keys;
  return iamKeys && iamKeys.until > Date.now() ? iamKeys.keys : null;
}

export function touch(): void {
  lastTouch = Date.now();
}

/** Called now and then; ends what has lasted long enough. */
export function expire(now = Date.now()): void {
  if (!state.session) return;
  if (iamKeys && iamKeys.until <= now) lockIam();
  if (state.session.expires.getTime() <= now) end("expired");
  else if (now - lastTouch >= IDLE_MILLIS) end("idle");
}

export function keyPair(credentials: Credentials | undefined): KeyPair {
  const { AccessKeyId, SecretAccessKey, SessionToken } = credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error("the answer has no credentials");
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

export function identityOf(arn: string, account: string): Identity {
  const kind = arn.includes(":assumed-role/") ? "role" : arn.endsWith(":root") ? "root" : "user";
  return { arn, account, kind };
}
