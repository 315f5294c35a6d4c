/** What Access Analyzer says about a policy that nobody stored yet. */
import type { Problem } from "../components/Editor";
import { post } from "./signed";

/** What a policy belongs to. */
export type PolicyOf = "bucket" | "identity" | "role";

export interface Finding {
  findingType: "ERROR" | "SECURITY_WARNING" | "WARNING" | "SUGGESTION";
  issueCode: string;
  findingDetails: string;
  locations: { span: { start: { line: number } } }[];
}

const TYPES: Record<PolicyOf, object> = {
  bucket: { policyType: "RESOURCE_POLICY", validatePolicyResourceType: "AWS::S3::Bucket" },
  role: { policyType: "RESOURCE_POLICY", validatePolicyResourceType: "AWS::IAM::AssumeRolePolicyDocument" },
  identity: { policyType: "IDENTITY_POLICY" },
};

export async function validatePolicy(policyDocument: string, of: PolicyOf): Promise<Finding[]> {
  const request = { service: "access-analyzer", path: "/policy/validation", type: "application/json" };
  return (await post<{ findings: Finding[] }>(request, { policyDocument, ...TYPES[of] })).findings;
}

/** The findings as the editor shows them. A line that has a problem already needs no second one. */
export function withFindings(problems: readonly Problem[], findings: readonly Finding[]): Problem[] {
  const taken = new Set(problems.filter(({ kind }) => kind === "problem").map(({ line }) => line));
  const found = findings.map(({ findingType, findingDetails, locations }): Problem => ({
    line: locations[0]?.span.start.line ?? 1,
    message: findingDetails,
    kind: findingType === "ERROR" ? "problem" : "hint",
  }));
  const more = found.filter(({ line }) => !taken.has(line));
  return [...problems, ...more].sort((one, other) => one.line - other.line);
}
