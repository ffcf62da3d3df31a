/** Numbers of users and groups, as the host's own files have them. */
import { readFile } from "node:fs/promises";
import { MachinistError } from "../../src/lib/errors.ts";

export type AccountKind = "user" | "group";

const files = { user: "/etc/passwd", group: "/etc/group" } as const;

/** The greatest number that Linux gives out; the one after it means "leave as it is". */
const largestNumber = 2 ** 32 - 2;

/**
 * @param account a name, or a number, which needs no entry
 * @param file instead of the host's own
 * @throws BAD_VALUE naming the account that is not there
 */
export async function accountNumber(
  kind: AccountKind,
  account: string,
  file: string = files[kind],
): Promise<number> {
  if (/^\d+$/.test(account) && Number(account) <= largestNumber) return Number(account);
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n");
  const fields = lines.map((line) => line.split(":")).find(([name]) => name !== "" && name === account);
  const found = fields?.[2] ?? "";
  if (/^\d+$/.test(found)) return Number(found);
  const message = `there is no ${kind} ${JSON.stringify(account)} in ${file}; create it, or write the number of the ${kind}`;
  throw new MachinistError("BAD_VALUE", message);
}
