/** The commands of the page for Butler's users, one after another, with the answers that it shows. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { split } from "shlex";
import { expect, it } from "vitest";
import { shellLines } from "../../end-to-end/shipped-daemon.ts";
import { runningDaemon } from "../surfaces.ts";

const page = join(import.meta.dirname, "../../../src/http/butler/README.md");

/** What curl would do with these words, with the flags that the page uses. */
async function curl(words: readonly string[], base: string): Promise<string> {
  const after = (flag: string): string | undefined => words[words.indexOf(flag) + 1 || words.length];
  const [name, value] = (after("-H") ?? "Accept: */*").split(": ");
  const url = words.find((word) => word.startsWith("http://127.0.0.1:8080/"));
  const body = after("-d");
  const answer = await fetch((url ?? "").replace("http://127.0.0.1:8080", base), {
    method: after("-X") ?? "GET",
    headers: { [name ?? ""]: value ?? "" },
    ...(body === undefined ? {} : { body }),
  });
  return answer.text();
}

it("every command of the page for Butler's users answers what stands below it", async () => {
  const { daemon } = await runningDaemon({}, "http: { listen: '127.0.0.1:0', open: true }\nbutler: {}\n");
  const lines = shellLines(await readFile(page, "utf8"));
  let shown = 0;
  for (const [at, line] of lines.entries()) {
    if (line.startsWith("#")) continue;
    const [program, ...words] = split(line);
    const expected = lines[at + 1]?.startsWith("# ") ? lines[at + 1]?.slice(2) : "";
    const bucket = program === "npx" ? await daemon.store.openBucket("BUTLER") : undefined;
    const found = bucket
      ? (await bucket.get(words[4] ?? ""))?.string()
      : await curl(words, (daemon.url ?? "").replace(/\/$/, ""));
    expect([line, found]).toEqual([line, expected]);
    shown += 1;
  }
  expect(shown).toBeGreaterThan(6);
});
