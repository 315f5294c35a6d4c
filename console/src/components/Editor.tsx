/** A text with numbered lines; lines with problems are marked. */
import { useRef } from "react";

export interface Problem {
  line: number;
  message: string;
  kind: "problem" | "hint";
}

interface Props {
  value: string;
  label: string;
  problems: readonly Problem[];
  rows?: number;
  onChange: (value: string) => void;
}

export function Editor({ value, label, problems, rows = 20, onChange }: Props) {
  const lines = useRef<HTMLDivElement>(null);
  const marks = new Map<number, Problem["kind"]>();
  for (const { line, kind } of problems) if (marks.get(line) !== "problem") marks.set(line, kind);
  return (
    <div className="editor code-text" style={{ maxHeight: "none" }}>
      <div className="editor-lines" ref={lines} aria-hidden="true">
        {value.split("\n").map((_, index) => <div key={index}><span className={marks.get(index + 1)}>{index + 1}</span></div>)}
      </div>
      <textarea
        className="mono"
        aria-label={label}
        value={value}
        rows={rows}
        spellCheck={false}
        wrap="off"
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => {
          if (lines.current) lines.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
