/**
 * A first look at a bucket policy while it is typed, with the line of each problem. The server's own
 * check is the one that counts; what it says when the policy is saved is shown as it is.
 */
import type { Problem } from "../components/Editor";
import type { Texts } from "../i18n";
import { elementsOf, member, membersOf, parseJson, SyntaxProblem, type Node } from "./json";

/** AWS: "Bucket policies are limited to 20 KB in size". */
export const POLICY_BYTES_MAX = 20 * 1024;
const VERSIONS = ["2012-10-17", "2008-10-17"];
const TOP = ["Version", "Id", "Statement"];
const STATEMENT = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPALS = ["AWS", "Service", "Federated", "CanonicalUser"];
const ACTION = /^(\*|s3:[A-Za-z*?]+)$/;

type Lint = Texts["lint"];

class Report {
  readonly problems: Problem[] = [];
  problem(line: number, message: string): void {
    this.problems.push({ line, message, kind: "problem" });
  }
  hint(line: number, message: string): void {
    this.problems.push({ line, message, kind: "hint" });
  }
}

export function lintPolicy(text: string, bucket: string, texts: Lint): Problem[] {
  const report = new Report();
  if (new TextEncoder().encode(text).length > POLICY_BYTES_MAX) report.problem(1, texts.tooLong);
  try {
    document(parseJson(text, texts.json), bucket, texts, report);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    report.problem(error.line, error.message);
  }
  return report.problems.sort((one, other) => one.line - other.line);
}

function known(node: Node, keys: readonly string[], texts: Lint, report: Report): void {
  const seen = new Set<string>();
  for (const { key, line } of membersOf(node)) {
    if (!keys.includes(key)) report.problem(line, texts.unknown(key, keys.join(", ")));
    if (seen.has(key)) report.problem(line, texts.twice(key));
    seen.add(key);
  }
}

function document(root: Node, bucket: string, texts: Lint, report: Report): void {
  if (root.type !== "object") return report.problem(root.line, texts.noObject);
  known(root, TOP, texts, report);
  const version = member(root, "Version");
  if (!version) report.hint(root.line, texts.noVersion);
  else if (!VERSIONS.includes(String(version.node.value))) report.problem(version.line, texts.badVersion);
  const statements = member(root, "Statement");
  if (!statements) return report.problem(root.line, texts.missing("Statement"));
  const all = elementsOf(statements.node);
  if (all.length === 0) report.problem(statements.line, texts.empty("Statement"));
  const sids = new Set<string>();
  for (const each of all) {
    statement(each, bucket, texts, report);
    const sid = member(each, "Sid");
    if (!sid) continue;
    if (sids.has(String(sid.node.value))) report.problem(sid.line, texts.sidTwice);
    sids.add(String(sid.node.value));
  }
}

function statement(node: Node, bucket: string, texts: Lint, report: Report): void {
  if (node.type !== "object") return report.problem(node.line, texts.noObject);
  known(node, STATEMENT, texts, report);
  const effect = member(node, "Effect");
  if (!effect) report.problem(node.line, texts.missing("Effect"));
  else if (effect.node.value !== "Allow" && effect.node.value !== "Deny") report.problem(effect.line, texts.badEffect);
  for (const [one, other] of [["Principal", "NotPrincipal"], ["Action", "NotAction"], ["Resource", "NotResource"]] as const) {
    const [first, second] = [member(node, one), member(node, other)];
    if (!first && !second) report.problem(node.line, texts.missing(one));
    if (first && second) report.problem(second.line, texts.both(one, other));
  }
  const principal = member(node, "Principal") ?? member(node, "NotPrincipal");
  if (principal) principals(principal.node, effect?.node.value === "Allow", texts, report);
  const actions = member(node, "Action") ?? member(node, "NotAction");
  for (const action of actions ? elementsOf(actions.node) : []) {
    if (action.type !== "string" || !ACTION.test(String(action.value))) report.problem(action.line, texts.badAction(String(action.value)));
  }
  const resources = member(node, "Resource") ?? member(node, "NotResource");
  for (const resource of resources ? elementsOf(resources.node) : []) resourceOf(resource, bucket, texts, report);
  if (resources && actions) shapes(elementsOf(actions.node), elementsOf(resources.node), actions.line, texts, report);
  const condition = member(node, "Condition");
  if (condition && condition.node.type !== "object") report.problem(condition.line, texts.noObject);
}

function principals(node: Node, allows: boolean, texts: Lint, report: Report): void {
  if (node.type === "string") {
    if (node.value !== "*") report.problem(node.line, texts.badPrincipal);
    else if (allows) report.hint(node.line, texts.everyone);
    return;
  }
  if (node.type !== "object") return report.problem(node.line, texts.badPrincipal);
  known(node, PRINCIPALS, texts, report);
  for (const { key, node: value } of membersOf(node)) {
    for (const each of elementsOf(value)) {
      if (key === "AWS" && each.value === "*" && allows) report.hint(each.line, texts.everyone);
    }
  }
}

function resourceOf(node: Node, bucket: string, texts: Lint, report: Report): void {
  const prefix = `arn:aws:s3:::${bucket}`;
  const value = String(node.value);
  if (node.type !== "string" || !(value === prefix || value.startsWith(`${prefix}/`) || /[*?$]/.test(value.slice(0, prefix.length)))) {
    report.problem(node.line, texts.badResource(value, prefix));
  }
}

/** Actions on objects need resources of objects, those on the bucket need the bucket. */
function shapes(actions: Node[], resources: Node[], line: number, texts: Lint, report: Report): void {
  const names = actions.map(({ value }) => String(value));
  const hasKeys = resources.some(({ value }) => String(value).includes("/") || /\*/.test(String(value)));
  const hasBucket = resources.some(({ value }) => !String(value).includes("/"));
  const objects = names.some((name) => /^s3:(Get|Put|Delete|Restore)Object/.test(name));
  const ofBucket = names.some((name) => /^s3:(ListBucket|GetBucket|PutBucket)/.test(name));
  if (objects && !hasKeys) report.problem(line, texts.needsObjects);
  if (ofBucket && !hasBucket) report.problem(line, texts.needsBucket);
}
