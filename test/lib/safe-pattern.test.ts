import { describe, expect, it } from "vitest";
import { MachinistError } from "../../src/lib/errors.ts";
import { compilePattern } from "../../src/lib/safe-pattern.ts";

describe("patterns", () => {
  it("are found anywhere unless tied to the ends", () => {
    expect(compilePattern("b").test("abc")).toBe(true);
    expect(compilePattern("^b").test("abc")).toBe(false);
    expect(compilePattern("^web\\d+\\.example\\.net$").test("web12.example.net")).toBe(true);
    expect(compilePattern("").test("")).toBe(true);
  });

  it("are written as Go writes them", () => {
    expect(compilePattern("(?i)^WEB").test("web1")).toBe(true);
    expect(compilePattern("^(?P<role>web|db)\\z").test("db")).toBe(true);
    expect(compilePattern("^[[:alpha:]]+$").test("grün")).toBe(false);
    expect(compilePattern("^\\pL+$").test("grün")).toBe(true);
  });

  it("give the same answer each time, one compiled pattern for many texts", () => {
    const pattern = compilePattern("a+");
    expect(["aa", "b", "aa", "aa"].map((text) => pattern.test(text))).toEqual([true, false, true, true]);
  });

  it("that make a backtracking engine run for ever end at once", () => {
    const begun = performance.now();
    expect(compilePattern("^(a+)+$").test(`${"a".repeat(20_000)}!`)).toBe(false);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it("that RE2 refuses are refused with its reason", () => {
    const refused = (text: string): unknown => {
      try {
        return compilePattern(text);
      } catch (cause) {
        return cause;
      }
    };
    const fault = refused("a(");
    expect(fault).toBeInstanceOf(MachinistError);
    expect(fault).toMatchObject({
      code: "INVALID_ARGUMENT",
      message:
        'pattern "a(": missing closing ): `a(`; expected the syntax of RE2, which has no look-arounds and no back references',
    });
    for (const text of ["(?=x)", "(?<!x)", "\\1", "a{2000}", "a**", "[z-a]", "\\Z", "a\\", "*"]) {
      expect(refused(text), text).toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });
});
