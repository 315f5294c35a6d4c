import { expect, test } from "vitest";
import { withFindings, type Finding } from "./analyzer";

const finding = (findingType: Finding["findingType"], line: number, findingDetails = "found"): Finding => ({
  findingType, issueCode: "X", findingDetails, locations: [{ span: { start: { line } } }],
});

test("findings stand on their lines, between the problems that are known", () => {
  const known = [{ line: 3, message: "wrong", kind: "problem" as const }];
  expect(withFindings(known, [finding("SECURITY_WARNING", 5), finding("ERROR", 2)])).toEqual([
    { line: 2, message: "found", kind: "problem" },
    { line: 3, message: "wrong", kind: "problem" },
    { line: 5, message: "found", kind: "hint" },
  ]);
});

test("a line with a problem gets no second one, a line with a hint does", () => {
  const known = [{ line: 1, message: "wrong", kind: "problem" as const }, { line: 2, message: "hm", kind: "hint" as const }];
  const all = withFindings(known, [finding("ERROR", 1), finding("WARNING", 2)]);
  expect(all.map(({ message }) => message)).toEqual(["wrong", "hm", "found"]);
});

test("a finding without a place stands at the beginning", () => {
  expect(withFindings([], [{ ...finding("ERROR", 1), locations: [] }])[0]?.line).toBe(1);
});
