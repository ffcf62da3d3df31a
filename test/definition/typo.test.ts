import { describe, expect, it } from "vitest";
import { misspelling } from "../../src/definition/typo.ts";

describe("misspelling", () => {
  it.each([
    ["RUNING", "RUNNING"],
    ["RUNNNING", "RUNNING"],
    ["RUNNIGN", "RUNNING"],
    ["URNNING", "RUNNING"],
    ["Running", "RUNNING"],
    ["WAIT-FOR-OK", "WAIT_FOR_OK"],
    ["DEPLYO_FAILED", "DEPLOY_FAILED"],
  ])("%s is surely %s", (found, meant) => {
    expect(misspelling(found, meant)).toBe("surely");
  });

  it("another letter inside is perhaps a slip", () => {
    expect(misspelling("RUNMING", "RUNNING")).toBe("perhaps");
  });

  it.each([
    ["RUNNING", "RUNNING"],
    ["ENABLED", "ENABLE"],
    ["UNLOCKED", "LOCKED"],
    ["LOCKED", "BLOCKED"],
    ["NODE_A_UP", "NODE_B_UP"],
    ["STEP_1_DONE", "STEP_2_DONE"],
    ["STEP_11", "STEP_1"],
    ["DONE2", "DONE"],
    ["FAIL", "FALL"],
    ["STOPPED", "RUNNING"],
  ])("%s is another name than %s", (found, meant) => {
    expect(misspelling(found, meant)).toBeUndefined();
  });
});
