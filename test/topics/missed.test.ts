/** Changes that another program removed before the daemon read them are reported. */

import { request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { openKvsBucket } from "../../src/topics/buckets.ts";
import { cjs, LessProject } from "./harness.ts";

it("changes that are gone before topics read them: are in the log, the status and the metrics", async () => {
  const less = await LessProject.create({ "kvs_created/index.js": cjs });
  await less.kvs.set("before", 1);
  expect(await less.handled()).toEqual([{ key: "before", new_value: 1 }]);
  await less.stop();
  await less.kvs.set("lost", 1);
  await less.kvs.set("lost", 2);
  await (await openKvsBucket(less.store)).empty();
  await less.start();
  const warning =
    "topics missed 2 revisions of bucket less: they were gone before they were read. Write to this bucket only with kvs, and do not empty or compact it";
  expect(await less.logged(warning)).toMatchObject({ level: "warn", bucket: "less", revisions: 2 });
  expect(await less.ask("GET", "/v1/status")).toMatchObject({ body: { topics: true, topicsMissed: 2 } });
  expect(await metrics(less.socketPath)).toContain("\nmachinist_revisions_missed_total 2\n");
  await less.kvs.set("after", 1);
  const notes = [
    { key: "before", new_value: 1 },
    { key: "after", new_value: 1 },
  ];
  expect(await less.handled()).toEqual(notes);
});

function metrics(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path: "/metrics" }, (answer) => resolve(text(answer)));
    asking.on("error", reject).end();
  });
}
