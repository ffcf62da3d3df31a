/** What is promised of delivery: cases of Less by number, against the built daemon. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openQueueBucket } from "../../src/topics/buckets.ts";
import { dropMessage, listMessages, retryMessage } from "../../src/topics/messages.ts";
import { cjs, LessProject, note, waitForGo } from "./harness.ts";

/** Fails until the file beside it is there. */
const moody = `exports.process = (data) => {
  ${note}
  if (!require("node:fs").existsSync(__dirname + "/good")) throw new Error("not yet");
};`;

/** Also keeps the ids of its calls. */
const noting = moody.replace(
  "\n",
  "\n  require('node:fs').appendFileSync(__dirname + '/ids', process.env.MACHINE_RUN_ID + '\\n');\n",
);

describe("failing handlers", () => {
  it.each([
    ["throws", "throw new Error('boom')", "Error: boom"],
    ["rejects", "return Promise.reject(new TypeError('later'))", "TypeError: later"],
    ["throws no Error", "throw 'text'", "thrown: text"],
    [
      "ends the process",
      "process.exit(0)",
      "the handler ended the process, or waited for something that never happens",
    ],
    [
      "never settles",
      "return new Promise(() => {})",
      "the handler ended the process, or waited for something that never happens",
    ],
  ])("L15: one that %s harms neither the writer nor the other subscriber", async (_how, line, error) => {
    const less = await LessProject.create({
      "kvs_created/bad/index.js": `exports.process = (data) => { ${line}; };`,
      "kvs_created/good/index.js": cjs,
    });
    await less.kvs.set("k", 1);
    expect(await less.kvs.get("k")).toBe(1);
    const waiting = await less.failed("bad", 1);
    expect(waiting?.["bad"]).toMatchObject({ attempts: 1, error });
    await less.messages(([message]) => message?.waiting?.["good"] === undefined);
    expect(less.notes()).toEqual([{ key: "k", new_value: 1 }]);
  });

  it("L16: fails twice, then succeeds: three calls with the same payload, the other subscriber one", async () => {
    const less = await LessProject.create(
      { "kvs_created/bad/index.js": moody, "kvs_created/other/index.js": cjs },
      { drain_timeout: "10s" },
    );
    const { clock } = less;
    await less.kvs.set("k", 1);
    const first = await less.failed("bad", 1);
    expect(first?.["bad"]?.at).toBe(clock.now() + 1_000);
    await less.messages(([message]) => message?.waiting?.["other"] === undefined);
    expect(less.notes()).toHaveLength(2);
    await clock.advance(1_000);
    const second = await less.failed("bad", 2);
    expect(second?.["bad"]?.at).toBe(clock.now() + 2_000);
    less.write("kvs_created/bad/good", "");
    await clock.advance(2_000);
    expect(await less.handled()).toEqual(Array(4).fill({ key: "k", new_value: 1 }));
    await clock.advance(8_000);
    // It ends only after what runs has ended: its time stands still.
    await less.stop();
    expect(less.notes()).toHaveLength(4);
  });

  it("L17: a message outlives the daemon and comes when the handler is mended", async () => {
    const less = await LessProject.create({ "kvs_created/log/index.js": "syntax error" });
    await less.kvs.set("k", { a: 1 });
    await less.failed("log", 1);
    await less.stop();
    less.write("kvs_created/log/index.js", cjs);
    await less.start();
    await less.clock.advance(1_000);
    expect(await less.handled()).toEqual([{ key: "k", new_value: { a: 1 } }]);
  });

  it.each([
    ["L20: no export named process", "exports.run = () => {};", / exports no function named process$/],
    ["L20: a syntax error", "exports.process = (", /^SyntaxError: Unexpected (end of input|token)/],
  ])("%s is logged with topic and subscriber; other topics work", async (_case, text, error) => {
    const less = await LessProject.create({
      "kvs_created/bad/index.js": text,
      "kvs_deleted/index.js": cjs,
    });
    await less.kvs.set("k", 1);
    await less.kvs.delete("k");
    await less.failed("bad", 1);
    expect(await less.noted(1)).toEqual([{ key: "k", old_value: 1 }]);
    expect(await less.logged("a handler failed and is called again")).toMatchObject({
      level: "warn",
      topic: "kvs_created",
      subscriber: "bad",
      error: expect.stringMatching(error),
    });
  });

  it("that failed too often is called no more, until somebody says retry; that call has an id of its own", async () => {
    const less = await LessProject.create({ "send/log/index.js": noting }, { topics: { attempts: 1 } });
    const id = await less.publish("send", 1);
    const waiting = await less.failed("log", 1);
    expect(waiting).toEqual({ log: { attempts: 1, calls: 1, error: "Error: not yet", dead: true } });
    const queue = await openQueueBucket(less.store);
    expect((await listMessages(queue)).map((one) => one.id)).toEqual([id]);
    less.write("send/log/good", "");
    await retryMessage(queue, id);
    expect(await less.handled()).toEqual([1, 1]);
    const ids = readFileSync(join(less.topicsDirectory, "send/log/ids"), "utf8");
    expect(ids).toBe(`${id}.log.0\n${id}.log.1\n`);
  });

  it("can be spared a message", async () => {
    const less = await LessProject.create({ "send/log/index.js": moody }, { topics: { attempts: 1 } });
    const id = await less.publish("send", 1);
    await less.failed("log", 1);
    const queue = await openQueueBucket(less.store);
    await dropMessage(queue, id);
    expect(await listMessages(queue)).toEqual([]);
    await expect(retryMessage(queue, id)).rejects.toThrow(
      `there is no message "${id}"; \`machinist topics ls\` shows which wait`,
    );
  });

  it("that takes too long is stopped, and fails", async () => {
    const less = await LessProject.create(
      { "send/log/index.js": "exports.process = () => new Promise((done) => setTimeout(done, 60_000));" },
      { topics: { timeout: "300ms" } },
    );
    await less.publish("send", 1);
    const waiting = await less.failed("log", 1);
    expect(waiting?.["log"]?.error).toBe("timed out after 300ms and was stopped");
  });
});

describe("writers", () => {
  it("L19: without topics nothing happens, and nothing fails", async () => {
    const less = await LessProject.create({});
    await less.kvs.set("k", 1);
    await less.kvs.set("k", 2);
    await less.kvs.delete("k");
    const queue = await openQueueBucket(less.store);
    expect((await queue.status()).revision).toBe(0);
    const log = await less.stop();
    expect(log.filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("L29: do not wait for handlers", async () => {
    const less = await LessProject.create({
      "kvs_created/index.js": `exports.process = async (data) => {
        ${waitForGo}
        ${note}
      };`,
    });
    await less.kvs.set("k", 1);
    // The handler cannot have ended: it waits for this file.
    expect(less.notes()).toEqual([]);
    less.write("kvs_created/go", "");
    expect(await less.handled()).toEqual([{ key: "k", new_value: 1 }]);
  });

  it("a call that the daemon's end cut off is made again", async () => {
    const less = await LessProject.create({
      "send/log/index.js": `exports.process = async (data) => {
        ${note}
        ${waitForGo}
      };`,
    });
    await less.publish("send", "once more");
    await less.noted(1);
    await less.stop();
    expect(
      (await listMessages(await openQueueBucket(less.store))).map(({ message }) => message.waiting),
    ).toEqual([undefined]);
    less.write("send/log/go", "");
    await less.start();
    expect(await less.handled()).toEqual(["once more", "once more"]);
  });
});

describe("topics of one's own", () => {
  it("L32: publish and POST /topics/NAME reach the handler", async () => {
    const less = await LessProject.create({
      "start/index.js": `const { topics } = require("machinist");
        exports.process = (data) => topics.user_created.publish(data);`,
      "user_created/send_mail/index.js": cjs,
    });
    await less.topics["start"]?.publish({ id: 1 });
    await less.noted(1);
    const answer = await less.ask("POST", "/topics/user_created", { id: 2 });
    expect(answer).toEqual({
      status: 202,
      body: { topic: "user_created", message: expect.stringMatching(/^user_created\.[-0-9a-f]{36}$/) },
    });
    expect(await less.handled()).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await less.ask("POST", "/topics/user_crated", {})).toMatchObject({
      status: 404,
      body: { error: { message: 'there is no topic "user_crated"; there are: start, user_created' } },
    });
  });

  it("L33: folders whose names break the rule are skipped, and said so; the others load", async () => {
    const less = await LessProject.create({
      "bad-name/x/index.js": cjs,
      "9a/x/index.js": cjs,
      "good/1st/index.js": cjs,
      "good/x/index.js": cjs,
    });
    const rule = "it starts with a letter and has only letters, numbers and underscores";
    await less.publish("good", 1);
    expect(await less.handled()).toEqual([1]);
    await expect(less.topics["bad-name"]?.publish(1)).rejects.toThrow(`"bad-name" is no topic name: ${rule}`);
    expect(await less.ask("POST", "/topics/bad-name", 1)).toMatchObject({
      status: 400,
      body: { error: { message: `"bad-name" is no topic name: ${rule}` } },
    });
    const log = await less.stop();
    const faults = log.flatMap(({ level, fault }) => (level === "error" ? [fault] : []));
    expect(faults.toSorted()).toEqual([
      `${less.topicsDirectory}/9a is skipped: "9a" is no topic name: ${rule}`,
      `${less.topicsDirectory}/bad-name is skipped: "bad-name" is no topic name: ${rule}`,
      `${less.topicsDirectory}/good/1st is skipped: "1st" is no subscriber name: ${rule}`,
    ]);
  });
});

it("what handlers print is in the daemon's log", async () => {
  const less = await LessProject.create({
    "send/log/index.js": "exports.process = (data) => console.log('got', data);",
  });
  await less.publish("send", 7);
  expect(await less.logged("a handler printed")).toEqual({
    level: "info",
    time: expect.any(String),
    msg: "a handler printed",
    topic: "send",
    subscriber: "log",
    output: "got 7",
  });
});

it("handlers run in the directory that holds the topics, each message under a run id of its own", async () => {
  const less = await LessProject.create({
    "send/log/index.js": `exports.process = (message) => {
      const data = [process.cwd(), process.env.TOPIC, process.env.SUBSCRIBER, process.env.MACHINE_RUN_ID];
      ${note}
    };`,
  });
  const id = await less.publish("send", 7);
  expect(await less.handled()).toEqual([[less.directory, "send", "log", `${id}.log.0`]]);
  expect(readFileSync(less.notesFile, "utf8")).toContain(id);
});
