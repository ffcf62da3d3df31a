/** `machinist topics`, against a store as topics leave it. */
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { openQueueBucket } from "../../src/topics/buckets.ts";
import { type Message, messageCodec, messageKey } from "../../src/topics/messages.ts";
import { Shell } from "./shell.ts";

const published = Date.UTC(2026, 0, 2);
const messages: Readonly<Record<string, Message>> = {
  "user_created.1": { topic: "user_created", data: { id: 1 }, published },
  "user_created.2": {
    topic: "user_created",
    data: { id: 2 },
    published: published + 1,
    waiting: {
      send_mail: { attempts: 20, calls: 20, error: "Error: boom", dead: true },
      log: { attempts: 1, calls: 1, at: published + 2, error: "Error: not yet" },
    },
  },
};

async function withMessages(): Promise<Shell> {
  const shell = await Shell.create();
  await using store = await openStore(`lmdb:${shell.path(".machinist/store")}`);
  const queue = await openQueueBucket(store);
  for (const [id, message] of Object.entries(messages)) {
    const [topic = "", number = ""] = id.split(".");
    await queue.put(messageKey(topic, number), messageCodec.encode(message));
  }
  return shell;
}

describe("topics ls", () => {
  it("says so when nothing waits, also where nothing was ever published", async () => {
    await using shell = await Shell.create();
    await shell.run("kv", "add", "OTHER");
    expect(await shell.run("topics", "ls")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "no messages wait\n",
    });
    expect((await shell.run("topics", "ls", "--json")).stdout).toBe("[]\n");
  });

  it("shows for whom each message waits, and why", async () => {
    await using shell = await withMessages();
    const { stdout } = await shell.run("topics", "ls");
    const rows = stdout.split("\n").map((line) => line.split("│").map((cell) => cell.trim()));
    const shown = rows.filter((cells) => cells[1]?.startsWith("user_created"));
    expect(shown.map(([, id, name, , state, attempts, error]) => [id, name, state, attempts, error])).toEqual(
      [
        ["user_created.1", "", "not called yet", "", ""],
        ["user_created.2", "send_mail", "dead", "20", "Error: boom"],
        ["user_created.2", "log", expect.stringMatching(/^again at /), "1", "Error: not yet"],
      ],
    );
  });

  it("--dead --json gives programs the dead ones with their data", async () => {
    await using shell = await withMessages();
    const { stdout } = await shell.run("topics", "ls", "--dead", "--json");
    expect(JSON.parse(stdout)).toEqual([{ id: "user_created.2", ...messages["user_created.2"] }]);
  });
});

describe("topics retry and drop", () => {
  it("retry --all has the dead ones called again", async () => {
    await using shell = await withMessages();
    const { stderr } = await shell.run("topics", "retry", "--all");
    expect(stderr).toBe("retried: user_created.2\n");
    const { stdout } = await shell.run("topics", "ls", "--json");
    expect(JSON.parse(stdout)).toMatchObject([
      { id: "user_created.1" },
      { id: "user_created.2", waiting: { send_mail: { attempts: 0 }, log: { attempts: 0 } } },
    ]);
    expect((await shell.run("topics", "retry", "--all")).stderr).toBe("retried: none\n");
  });

  it("drop takes messages away by their ids", async () => {
    await using shell = await withMessages();
    expect((await shell.run("topics", "drop", "user_created.1", "--json")).stdout).toBe(
      '{"dropped":["user_created.1"]}\n',
    );
    const { stdout } = await shell.run("topics", "ls", "--json");
    expect(JSON.parse(stdout)).toMatchObject([{ id: "user_created.2" }]);
  });

  it.each([
    [
      ["drop", "user_created.9"],
      3,
      'there is no message "user_created.9"; `machinist topics ls` shows which wait',
    ],
    [["retry"], 2, "name messages, or give --all: one of the two"],
    [["drop", "user_created.1", "--all"], 2, "name messages, or give --all: one of the two"],
  ])("%j is refused", async (argv, status, message) => {
    await using shell = await withMessages();
    expect(await shell.run("topics", ...argv)).toMatchObject({ status, stderr: `machinist: ${message}\n` });
  });
});
