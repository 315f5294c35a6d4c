import { expect, test } from "vitest";
import { en } from "../i18n/en";
import { examples } from "./policy-examples";
import { lintPolicy } from "./policy-lint";

const check = (text: string, ...expected: [line: number, part: string][]) => {
  const found = lintPolicy(text, "photos", en.lint).map(({ line, message }) => [line, message] as const);
  expect(found.map(([line]) => line)).toEqual(expected.map(([line]) => line));
  for (const [index, [, part]] of expected.entries()) expect(found[index]?.[1]).toContain(part);
};
const statement = (lines: string) => `{\n"Version": "2012-10-17",\n"Statement": {\n${lines}\n}}`;
const GOOD = ['"Effect": "Deny"', '"Principal": "*"', '"Action": "s3:GetObject"', '"Resource": "arn:aws:s3:::photos/*"'];
const with_ = (index: number, line: string) => statement(GOOD.map((each, at) => (at === index ? line : each)).join(",\n"));

test("examples are fine", () => {
  for (const policy of Object.values(examples("photos", "111122223333"))) {
    const problems = lintPolicy(JSON.stringify(policy), "photos", en.lint).filter(({ kind }) => kind === "problem");
    expect(problems).toEqual([]);
  }
});

test("syntax errors have their line", () => {
  check('{\n  "Version": "2012-10-17",\n}', [3, 'expected "…"']);
  check('{\n  "Version" "2012-10-17"\n}', [2, "expected :"]);
  check('{\n  "Statement": [\n', [2, "too early"]);
  check("{} {}", [1, "unexpected {"]);
  check("[".repeat(60), [1, "too deeply"]);
});

test("problems of a statement have their line", () => {
  check(statement(GOOD.join(",\n")));
  check(with_(0, '"Effect": "allow"'), [4, "Allow or Deny"]);
  check(with_(1, '"Principal": "me"'), [5, "a principal is"]);
  check(with_(2, '"Action": "GetObject"'), [6, "no action of S3"]);
  check(with_(2, '"Actions": "s3:GetObject"'), [3, "Action is missing"], [6, "unknown element Actions"]);
  check(with_(3, '"Resource": "arn:aws:s3:::others/*"'), [7, "not in this bucket"]);
  check(with_(3, '"Resource": "arn:aws:s3:::photos"'), [6, "needs a resource with /"]);
});

test("a statement that allows everyone is pointed at", () => {
  check(with_(0, '"Effect": "Allow"'), [5, "allows everyone"]);
});
