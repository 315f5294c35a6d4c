/** The server's own API: decisions, explanations, advice and health. Signed like everything else. */
import { post } from "./signed";

export interface Decision {
  time: string;
  timeMillis: number;
  requestId: string;
  sequence: number;
  verdict: "refused" | "allowed" | "undecided";
  status: number;
  errorCode: string | null;
  callerArn: string;
  operation: string | null;
  bucket: string | null;
  key: string | null;
  rule: string | null;
  sourceIp: string | null;
}

export interface DecisionQuery {
  bucket?: string;
  keyPrefix?: string;
  callerArn?: string;
  requestId?: string;
  verdict?: string;
  after?: number;
  before?: number;
  maxResults?: number;
  nextToken?: string;
}

export interface Quote {
  source: string;
  policy: string | null;
  sid: string | null;
  index: number;
  line: number | null;
  text: string | null;
  because?: string;
}

export type Change = { change: string; account?: string; bucket?: string; document?: string | null } & Record<string, unknown>;

export interface Plan {
  warning: string | null;
  verified: boolean;
  changes: Change[];
  commands: string[];
}

export interface Explanation {
  request: { requestId: string; sequence: number; caller: unknown; operation: string | null; action: string | null; bucket: string | null; key: string | null; status: number; errorCode: string | null };
  verdict: string;
  rule: { key: string; id: string; name: string } | null;
  summary: string;
  reasons: string[];
  statement: Quote | null;
  steps: { text: string; deciding: boolean }[];
  notApplying: Quote[];
  plans: Plan[];
  noChangeHelps: string | null;
}

const call = <T>(action: string, body: object): Promise<T> =>
  post<T>({ service: "grantry", path: "/", type: "application/x-amz-json-1.1", headers: { "x-amz-target": `Grantry.${action}` } }, body);

export const listDecisions = (query: DecisionQuery) => call<{ decisions: Decision[]; nextToken: string | null }>("ListDecisions", query);

export const explain = async (requestId: string): Promise<Explanation[]> =>
  (await call<{ explanations: Explanation[] }>("ExplainRequest", { requestId, replay: false })).explanations;

/** Lines of an advice, as `grantry advise disable-acls --json` has them. */
export interface Examples {
  count: number;
  examples: string[];
}

export interface Advice {
  bucket: string;
  already_disabled: boolean;
  versions: number;
  bucket_grants: ({ grantee: string; permission: string } & Examples)[];
  object_grants: ({ grantee: string; permission: string } & Examples)[];
  foreign_objects: ({ owner: string } & Examples)[];
  requests: {
    caller: string;
    user_agent: string;
    needed_acl: number;
    sent_acl: number;
    would_be_refused: number;
    would_be_allowed: number;
    examples: string[];
  }[];
  requests_seen: number;
  policy: string | null;
  statements_added: number;
  lost: { who: string; what: string; why: string }[];
  differences: ({ who: string; direction: "loses" | "gains"; action: string; expected: boolean } & Examples)[];
  blockers: string[];
  notes: string[];
}

export const adviseDisableAcls = (bucket: string) =>
  call<{ advice: Advice; isHarmless: boolean }>("AdviseDisableAcls", { bucket });

export interface Hour {
  startSeconds: number;
  allowed: number;
  refused: Record<string, number>;
  buckets: number;
  objects: number;
  bytes: number;
}

export type Level = "ok" | "warning" | "failing" | "unknown";

export interface Watch {
  name: string;
  writtenMillis: number | null;
  problem: string | null;
  checks: { check: string; level: Level; lastRunMillis: number | null; lastSuccessMillis: number | null; counts: Record<string, number> }[];
  steps: { step: string; isOk: boolean; tookMillis: number | null }[];
  undeliveredNotices: number;
}

export const getHealth = () => call<{ hours: Hour[]; watches: Watch[] }>("GetHealth", {});
