/** A policy under the eyes of the server while it is typed. */
import { useEffect, useMemo, useState } from "react";
import { validatePolicy, withFindings, type Finding, type PolicyOf } from "../api/analyzer";
import type { Problem } from "./Editor";

/** How long nobody must type before the server is asked. */
const PAUSE_MILLIS = 500;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** The problems that the page knows, with what the server found in the same text. */
export function useValidated(text: string, of: PolicyOf, problems: readonly Problem[]): Problem[] {
  const [answer, setAnswer] = useState<{ text: string; findings: Finding[] }>({ text: "", findings: [] });
  useEffect(() => {
    // What is no JSON the page can tell by itself.
    if (!isJson(text)) return;
    let dropped = false;
    const timer = setTimeout(() => {
      validatePolicy(text, of).then(
        (findings) => dropped || setAnswer({ text, findings }),
        // Whoever may not ask has the page's own look alone.
        () => dropped || setAnswer({ text, findings: [] }),
      );
    }, PAUSE_MILLIS);
    return () => {
      dropped = true;
      clearTimeout(timer);
    };
  }, [text, of]);
  const findings = answer.text === text ? answer.findings : [];
  return useMemo(() => withFindings(problems, findings), [problems, findings]);
}
