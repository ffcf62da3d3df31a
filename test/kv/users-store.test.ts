import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import { usersStore } from "../../src/kv/users-store.ts";

it.each<[string, (store: Store, name: string) => Promise<unknown>]>([
  ["createBucket", (store, name) => store.createBucket(name)],
  ["openBucket", (store, name) => store.openBucket(name)],
  ["editBucket", (store, name) => store.editBucket(name, { description: "x" })],
  ["destroyBucket", (store, name) => store.destroyBucket(name)],
  ["whenBucketExists", (store, name) => store.whenBucketExists(name, new AbortController().signal)],
])("the users' store: %s refuses reserved names, whether or not they exist", async (_verb, act) => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-users-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const whole = await openStore(directory);
  await using users = usersStore(whole);
  await whole.createBucket("machinist-governors");
  await whole.createBucket("MINE");
  for (const name of ["machinist-governors", "machinist-none", "MACHINIST-governors"])
    await expect(act(users, name)).rejects.toMatchObject({
      code: "INVALID_BUCKET",
      message: `bucket name "${name}": names that begin with "machinist-" are reserved for machinist itself. Choose another name; machinist's own buckets are changed with \`machinist data\`, \`governor\` and \`topics\`, or by hand with \`machinist kv --internal\``,
    });
  expect((await users.listBuckets()).map(({ bucket }) => bucket)).toEqual(["MINE"]);
  expect((await whole.listBuckets()).map(({ bucket }) => bucket)).toEqual(["MINE", "machinist-governors"]);
});
