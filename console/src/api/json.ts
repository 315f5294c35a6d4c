/** JSON that remembers on which line each value stands. */

export interface Node {
  line: number;
  value: string | number | boolean | null | Node[] | Member[];
  type: "string" | "number" | "word" | "array" | "object";
}

export interface Member {
  key: string;
  line: number;
  node: Node;
}

export class SyntaxProblem extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

const TOKEN = /\s*(?:([{}[\]:,])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;
const DEPTH_MAX = 40;

export interface JsonTexts {
  unexpected: (found: string) => string;
  ended: string;
  expected: (what: string) => string;
  deep: string;
}

export function parseJson(text: string, texts: JsonTexts): Node {
  let at = 0;
  let depth = 0;
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const problem = (message: string, offset = at) => new SyntaxProblem(lineAt(offset), message);

  function next(): { kind: "mark" | "string" | "number" | "word"; text: string; start: number } | null {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) {
      const rest = /\S/.exec(text.slice(at));
      if (!rest) return null;
      const start = at + rest.index;
      throw problem(texts.unexpected(text.slice(start, start + 12).split("\n")[0] ?? ""), start);
    }
    at = TOKEN.lastIndex;
    const found = match[1] ?? match[2] ?? match[3] ?? match[4] ?? "";
    const kind = match[1] ? "mark" : match[2] ? "string" : match[3] ? "number" : "word";
    return { kind, text: found, start: at - found.length };
  }
  function need() {
    const token = next();
    if (!token) throw problem(texts.ended, text.trimEnd().length);
    return token;
  }
  function value(token = need()): Node {
    const line = lineAt(token.start);
    if (token.kind === "string") return { line, type: "string", value: JSON.parse(token.text) as string };
    if (token.kind === "number") return { line, type: "number", value: Number(token.text) };
    if (token.kind === "word") return { line, type: "word", value: JSON.parse(token.text) as boolean | null };
    if (token.text !== "{" && token.text !== "[") throw problem(texts.unexpected(token.text), token.start);
    if (++depth > DEPTH_MAX) throw problem(texts.deep, token.start);
    const node: Node = token.text === "{" ? { line, type: "object", value: members() } : { line, type: "array", value: elements() };
    depth -= 1;
    return node;
  }
  function elements(): Node[] {
    const all: Node[] = [];
    let token = need();
    if (token.text === "]" && token.kind === "mark") return all;
    for (;;) {
      all.push(value(token));
      token = need();
      if (token.kind === "mark" && token.text === "]") return all;
      if (token.kind !== "mark" || token.text !== ",") throw problem(texts.expected(", ]"), token.start);
      token = need();
    }
  }
  function members(): Member[] {
    const all: Member[] = [];
    let token = need();
    if (token.kind === "mark" && token.text === "}") return all;
    for (;;) {
      if (token.kind !== "string") throw problem(texts.expected('"…"'), token.start);
      const line = lineAt(token.start);
      const key = JSON.parse(token.text) as string;
      const colon = need();
      if (colon.text !== ":" || colon.kind !== "mark") throw problem(texts.expected(":"), colon.start);
      all.push({ key, line, node: value() });
      token = need();
      if (token.kind === "mark" && token.text === "}") return all;
      if (token.kind !== "mark" || token.text !== ",") throw problem(texts.expected(", }"), token.start);
      token = need();
    }
  }

  const root = value();
  const rest = next();
  if (rest) throw problem(texts.unexpected(rest.text), rest.start);
  return root;
}

export const membersOf = (node: Node | undefined): Member[] => (node?.type === "object" ? (node.value as Member[]) : []);
export const elementsOf = (node: Node): Node[] => (node.type === "array" ? (node.value as Node[]) : [node]);
export const member = (node: Node | undefined, key: string): Member | undefined => membersOf(node).find((each) => each.key === key);
