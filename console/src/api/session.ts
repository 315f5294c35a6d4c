/**
 * Who is signed in. Credentials are in variables of this module and nowhere else: not in a storage of
 * the browser, which any page of this origin could read, and an object that somebody uploaded is such
 * a page.
 */
import type { Credentials } from "@aws-sdk/client-sts";
import type { IamKey } from "./iam-key";

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
  /** What signs calls of IAM; absent in sessions of roles, which IAM takes as they are. */
  iamKey?: IamKey;
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

let state: State = { session: null, ending: null };
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
  change({ session, ending: null });
}

export function end(ending: Ending): void {
  change({ session: null, ending });
}

export function leaveRole(): void {
  const before = state.session?.before;
  if (before && before.expires.getTime() > Date.now()) change({ session: before, ending: null });
  else end("expired");
}

export function touch(): void {
  lastTouch = Date.now();
}

/** Called now and then; ends what has lasted long enough. */
export function expire(now = Date.now()): void {
  if (!state.session) return;
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
