import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { sessionSecret } from "../../src/http/session-secret.ts";

async function place() {
  const directory = await mkdtemp(join(tmpdir(), "machinist-secret-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return { directory, file: join(directory, "session.secret") };
}

it("is made once, for its owner alone", async () => {
  const { directory, file } = await place();
  const secret = await sessionSecret(file);
  expect(secret).toHaveLength(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await sessionSecret(file)).equals(secret)).toBe(true);
  expect(await readdir(directory)).toEqual(["session.secret"]);
});

it("is made anew when it is not whole", async () => {
  const { file } = await place();
  await writeFile(file, "short");
  const secret = await sessionSecret(file);
  expect(secret).toHaveLength(32);
  expect((await sessionSecret(file)).equals(secret)).toBe(true);
});

it("what cannot be read is no reason to make another", async () => {
  const { directory } = await place();
  await expect(sessionSecret(directory)).rejects.toThrow("EISDIR");
});
