/** A look at CORS rules as the S3 console writes them: a list of rules in JSON. */
import type { CORSRule } from "@aws-sdk/client-s3";
import type { Problem } from "../components/Editor";
import type { Texts } from "../i18n";
import { elementsOf, member, membersOf, parseJson, SyntaxProblem } from "./json";

const FIELDS = ["ID", "AllowedOrigins", "AllowedMethods", "AllowedHeaders", "ExposeHeaders", "MaxAgeSeconds"];
const METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD"];

export interface CorsCheck {
  problems: Problem[];
  rules: CORSRule[];
}

export function corsProblems(text: string, texts: Texts["lint"]): CorsCheck {
  const problems: Problem[] = [];
  const add = (line: number, message: string) => problems.push({ line, message, kind: "problem" });
  try {
    const root = parseJson(text, texts.json);
    if (root.type !== "array") add(root.line, texts.noList);
    for (const rule of root.type === "array" ? elementsOf(root) : []) {
      if (rule.type !== "object") add(rule.line, texts.noObject);
      for (const { key, line } of membersOf(rule)) if (!FIELDS.includes(key)) add(line, texts.unknown(key, FIELDS.join(", ")));
      for (const key of ["AllowedOrigins", "AllowedMethods"]) {
        const found = member(rule, key);
        if (!found) add(rule.line, texts.missing(key));
        else if (found.node.type !== "array") add(found.line, texts.noList);
      }
      const methods = member(rule, "AllowedMethods");
      for (const method of methods?.node.type === "array" ? elementsOf(methods.node) : []) {
        if (!METHODS.includes(String(method.value))) add(method.line, texts.badMethod(String(method.value)));
      }
    }
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    add(error.line, error.message);
  }
  return { problems, rules: problems.length ? [] : (JSON.parse(text) as CORSRule[]) };
}
