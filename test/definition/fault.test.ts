import { describe, expect, it } from "vitest";
import { type Fault, faultLine, pathText, renderFault } from "../../src/definition/fault.ts";
import { parseDocument } from "../../src/definition/parse.ts";

const text = "a: 1\nb:\n  - c: [x, y]\n    dd: z\n\n";

function at(path: readonly (string | number)[], more: { at?: "key"; severity?: "warning" } = {}): Fault {
  const document = parseDocument(Buffer.from(text), { file: "f.yaml" });
  return document.faultAt({ path, message: "is wrong", ...more });
}

describe("a fault", () => {
  it("renders as place, path, message and a frame with a caret", () => {
    expect(renderFault(at(["b", 0, "c", 1]))).toBe(`\
f.yaml:3:12 b[0].c[1]: is wrong
   2 | b:
>  3 |   - c: [x, y]
     |            ^
   4 |     dd: z`);
  });

  it("points to the key on request, and underlines all of it", () => {
    expect(renderFault(at(["b", 0, "dd"], { at: "key" }))).toBe(`\
f.yaml:4:5 b[0].dd: is wrong
   3 |   - c: [x, y]
>  4 |     dd: z
     |     ^^`);
  });

  it("points to the nearest thing around what is not there, and to the key of an empty value", () => {
    expect(faultLine(at(["b", 0, "missing"]))).toBe("f.yaml:3:5 b[0].missing: is wrong");
    expect(faultLine(at(["b", 7, "x"]))).toBe("f.yaml:3:3 b[7].x: is wrong");
    const document = parseDocument(Buffer.from("x: {y: }\n"), { file: "f" });
    expect(document.faultAt({ path: ["x", "y"], message: "is empty" })).toMatchObject({ line: 1, column: 5 });
  });

  it("says of a warning that it is one", () => {
    expect(faultLine(at(["a"], { severity: "warning" }))).toBe("f.yaml:1:4 warning: a: is wrong");
  });

  it("can be painted piece by piece", () => {
    const painted = renderFault(at(["a"]), (part, piece) => `<${part} ${piece}>`);
    expect(painted).toBe(`\
<place f.yaml:1:4> <path a>: <error is wrong>
<frame >  1 | a: 1>
<caret      |    ^>
<frame    2 | b:>`);
  });

  it("shows a line with tabs and wide lines so that the caret stands right", () => {
    const long = `${"a".repeat(300)}: {b: 1, c: 2}`;
    const document = parseDocument(Buffer.from(long), { file: "f" });
    const { frame } = document.faultAt({ path: ["a".repeat(300), "c"], message: "" });
    const [line = "", caret = ""] = frame.split("\n");
    expect(line[caret.indexOf("^")]).toBe("2");
    expect(line.length).toBeLessThan(120);
  });
});

it.each([
  [["watchers", 1, "interval"], "watchers[1].interval"],
  [[], ""],
  [["a", "b c", 0], 'a["b c"][0]'],
  [["x-y"], "x-y"],
])("the path %j is written %s", (path, expected) => {
  expect(pathText(path)).toBe(expected);
});
