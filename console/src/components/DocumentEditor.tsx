/** A policy document of IAM: its syntax is looked at by the page, the rest by the server. */
import { useMemo } from "react";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { parseJson, SyntaxProblem } from "../api/json";
import type { PolicyOf } from "../api/analyzer";
import { t } from "../i18n";
import { Editor, type Problem } from "./Editor";
import { useValidated } from "./validation";

export function problemsOf(text: string): Problem[] {
  try {
    parseJson(text, t.lint.json);
    return [];
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return [{ line: error.line, message: error.message, kind: "problem" }];
  }
}

export const indented = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

interface Props {
  value: string;
  label: string;
  of: PolicyOf;
  onChange: (value: string) => void;
}

export function DocumentEditor({ value, label, of, onChange }: Props) {
  const problems = useValidated(value, of, useMemo(() => problemsOf(value), [value]));
  return (
    <SpaceBetween size="xs">
      <Editor value={value} label={label} problems={problems} rows={14} onChange={onChange} />
      {problems.map(({ line, message, kind }) => (
        <StatusIndicator key={`${line} ${message}`} type={kind === "problem" ? "error" : "warning"}>{`${t.lint.line(line)}: ${message}`}</StatusIndicator>
      ))}
    </SpaceBetween>
  );
}
