import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountNumber } from "../../../watchers/file/accounts.ts";

let directory: string;
let file: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "machinist-accounts-"));
  file = join(directory, "passwd");
  writeFileSync(
    file,
    "root:x:0:0:root:/root:/bin/sh\n\n+::::::\nweb:x:33:33::/var/www:/bin/false\nodd:x:many:1::/:\n",
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("numbers of accounts", () => {
  it("by name, and numbers as they are", async () => {
    expect(await accountNumber("user", "web", file)).toBe(33);
    expect(await accountNumber("user", "root", file)).toBe(0);
    expect(await accountNumber("group", "4711", file)).toBe(4711);
    expect(await accountNumber("user", "0")).toBe(0);
  });

  it("a number needs no file, a name does", async () => {
    const absent = join(directory, "absent");
    expect(await accountNumber("user", "33", absent)).toBe(33);
    await expect(accountNumber("group", "web", absent)).rejects.toThrow(
      `there is no group "web" in ${absent}; create it, or write the number of the group`,
    );
  });

  it.each(["nobody-here", "", "odd", "4294967295", "-1", "3.5"])("%j is no user", async (account) => {
    await expect(accountNumber("user", account, file)).rejects.toThrow(
      `there is no user ${JSON.stringify(account)} in ${file}; create it, or write the number of the user`,
    );
  });
});
