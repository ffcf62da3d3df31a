import { EventEmitter, once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { localTime } from "../../src/cli/table.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Shell } from "./shell.ts";

/** A daemon's side of the control socket: canned answers, and what it was asked. */
let shell: Shell;
let server: Server;
let asked: { route: string; body: string }[];
let answers: Record<string, { status?: number; body?: unknown; text?: string; after?: Promise<unknown> }>;
/** Called with each route before it is answered. */
let onAsked: (route: string) => void;

beforeEach(async () => {
  shell = await Shell.create();
  asked = [];
  onAsked = () => undefined;
  answers = { "GET /v1/machines": { body: [web, broken] } };
  server = createServer((request, response) => {
    const route = `${request.method} ${request.url}`;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      asked.push({ route, body: Buffer.concat(chunks).toString() });
      onAsked(route);
      const { status = 200, body, text, after } = answers[route] ?? { status: 404, ...unknownMachine };
      await after;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(text ?? JSON.stringify(body));
    });
  });
  await mkdir(shell.path(".machinist"));
  await once(server.listen(shell.path(".machinist/machinist.sock")), "listening");
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await shell[Symbol.asyncDispose]();
});

const since = "2026-01-02T15:04:05.000Z";
const web = {
  name: "web",
  version: "1.2.3",
  state: "GOOD",
  since,
  transitions: ["broke", "stop"],
  health: "failing",
  file: "/m/web.yaml",
  faults: [],
  watchers: [
    {
      name: "check",
      type: "exec",
      active: true,
      looking: false,
      outcome: "error",
      lookedAt: since,
      nextLookAt: null,
    },
  ],
};
const broken = {
  ...web,
  ...{
    name: "broken",
    version: null,
    state: null,
    since: null,
    transitions: [],
    health: "faulty",
    watchers: [],
  },
  faults: ["/m/broken.yaml:3:1 error: unknown key"],
};
const details = {
  ...web,
  id: "7b1c",
  definition: "00ff",
  data: { port: 8080, name: "a\nb" },
  last: { transition: "repaired", from: "BROKEN", to: "GOOD", at: since, by: "watcher repair" },
  counters: { transitions: 4 },
  watchers: [
    { ...web.watchers[0], error: "exit status 1", output: "line one\nline\u001b[31m two\n", detail: {} },
  ],
};
const unknownMachine = {
  body: { error: { code: "MACHINE_NOT_FOUND", message: "there is no such machine", details: {} } },
};
const time = localTime(new Date(since));

describe("list", () => {
  it("is a table, with what is wrong below it", async () => {
    const ran = await shell.run("list");
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout.split("\n")[1]).toMatch(
      /^│ Name +│ Version │ State │ Since +│ Health +│ Transitions +│$/,
    );
    expect(ran.stdout).toContain(`│ web    │ 1.2.3   │ GOOD  │ ${time} │ failing │ broke, stop │`);
    expect(ran.stdout).toMatch(/│ broken │ +│ +│ +│ faulty +│ +│/);
    expect(ran.stdout.trimEnd().split("\n").at(-1)).toBe("/m/broken.yaml:3:1 error: unknown key");
  });

  it("is what the daemon said with --json", async () => {
    const ran = await shell.run("list", "--json");
    expect(JSON.parse(ran.stdout)).toEqual([web, broken]);
  });

  it("says where to drop one when there is none", async () => {
    answers["GET /v1/machines"] = { body: [] };
    expect(await shell.run("list")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: `no machines; drop one into ${shell.path("machines")}, or try \`machinist init\`\n`,
    });
  });
});

describe("show", () => {
  it("is a page with data, watchers, the last error and the output, and no control characters", async () => {
    answers["GET /v1/machines/web"] = { body: details };
    const { stdout, status } = await shell.run("show", "web");
    expect(status).toBe(0);
    for (const line of [
      "Machine web",
      "          Version: 1.2.3",
      "            State: GOOD",
      `            Since: ${time}`,
      "      Transitions: broke, stop",
      `  Last Transition: repaired, BROKEN to GOOD, ${time}, by watcher repair`,
      "        Data port: 8080",
      "check failed: exit status 1",
      "check last said:",
      "  line one",
      "  line\\u001b[31m two",
    ]) {
      expect(stdout.split("\n")).toContain(line);
    }
    expect(stdout).toContain(`│ check   │ exec │ yes    │ error   │ ${time} │           │`);
  });

  it("is what the daemon said with --json", async () => {
    answers["GET /v1/machines/web"] = { body: details };
    expect(JSON.parse((await shell.run("show", "web", "--json")).stdout)).toEqual(details);
  });
});

describe("what a machine waits for", () => {
  const now = Date.parse(since);
  const clock = { ...systemClock, now: () => now };
  const waiting = {
    ...web,
    delayed: {
      transition: "stop",
      by: "person",
      reason: "rate limit",
      since,
      until: new Date(now + 4_200).toISOString(),
    },
    watchers: [
      {
        ...web.watchers[0],
        awaitedSlot: { governor: "deploys", since: new Date(now - 61_500).toISOString() },
      },
    ],
  };

  it("is in show", async () => {
    answers["GET /v1/machines/web"] = { body: waiting };
    const { stdout } = await shell.runWith({ clock }, "show", "web");
    expect(stdout).toMatch(/Waiting: +stop: waiting 4\.2 s: rate limit\n/);
    expect(stdout).toMatch(/Waiting: +check: waiting 61\.5 s: governor deploys\n/);
  });

  it("is in list, below the table", async () => {
    answers["GET /v1/machines"] = { body: [waiting] };
    const { stdout } = await shell.runWith({ clock }, "list");
    expect(stdout).toContain(
      "\nweb: stop: waiting 4.2 s: rate limit\nweb: check: waiting 61.5 s: governor deploys\n",
    );
  });
});

describe("transition", () => {
  const route = "POST /v1/machines/web/transition";

  it("sends the name and says where the machine is now", async () => {
    answers[route] = {
      body: { machine: "web", transition: "broke", from: "GOOD", to: "BROKEN", revision: 9 },
    };
    expect(await shell.run("transition", "web", "broke")).toMatchObject({
      status: 0,
      stdout: "web: broke, GOOD to BROKEN\n",
    });
    await shell.run("transition", "web", "broke", "--from", "GOOD");
    expect(asked).toEqual([
      { route, body: '{"transition":"broke"}' },
      { route, body: '{"transition":"broke","from":"GOOD"}' },
    ]);
    const { stdout } = await shell.run("transition", "web", "broke", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ to: "BROKEN", revision: 9 });
  });

  it("prints what waits while it waits, once for each transition, and nothing with --json", async () => {
    const now = Date.parse(since);
    const clock = { ...systemClock, now: () => now };
    const until = new Date(now + 100).toISOString();
    const delayed = (transition: string) => ({
      body: { ...web, delayed: { transition, by: "person", reason: "rate limit", since: transition, until } },
    });
    const answer = {
      machine: "web",
      transition: "broke",
      from: "GOOD",
      to: "BROKEN",
      revision: 9,
      waitedMs: 4200,
    };
    const told = new EventEmitter();
    answers[route] = { body: answer, after: once(told, "told") };
    let looks = 0;
    onAsked = (asked) => {
      if (asked !== "GET /v1/machines/web") return;
      looks += 1;
      // First the transition before it in the queue, twice; then its own, twice.
      answers[asked] = delayed(looks < 3 ? "stop" : "broke");
      if (looks === 4) told.emit("told");
    };
    const { stdout, stderr } = await shell.runWith({ clock }, "transition", "web", "broke");
    expect(stdout).toBe("web: broke, GOOD to BROKEN\n");
    expect(stderr).toBe("stop: waiting 0.1 s: rate limit\nbroke: waiting 0.1 s: rate limit\n");
    const json = await shell.run("transition", "web", "broke", "--json");
    expect(JSON.parse(json.stdout)).toEqual(answer);
    expect(json.stderr).toBe("");
  });

  it("ends with 4 when it is not legal now", async () => {
    const error = {
      code: "ILLEGAL_TRANSITION",
      message: "broke is not legal in BROKEN",
      details: { state: "BROKEN" },
    };
    answers[route] = { status: 409, body: { error } };
    expect(await shell.run("transition", "web", "broke")).toMatchObject({
      status: 4,
      stdout: "",
      stderr: "machinist: broke is not legal in BROKEN\n",
    });
    const { stderr } = await shell.run("transition", "web", "broke", "--json");
    expect(JSON.parse(stderr)).toEqual({ error });
  });
});

describe("history", () => {
  const line = { transition: "broke", from: "GOOD", to: "BROKEN", at: since, by: "person", revision: 7 };

  it("is a table, and JSON lines with --json", async () => {
    answers["GET /v1/machines/web/history"] = { body: [line, { ...line, revision: 5 }] };
    const { stdout } = await shell.run("history", "web");
    expect(stdout).toContain(`│ ${time} │ broke      │ GOOD │ BROKEN │ person │ 7        │`);
    const lines = (await shell.run("history", "web", "--json")).stdout.trimEnd().split("\n");
    expect(lines.map((text) => JSON.parse(text))).toEqual([line, { ...line, revision: 5 }]);
  });

  it("says so when there is none", async () => {
    answers["GET /v1/machines/web/history"] = { body: [] };
    expect(await shell.run("history", "web")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "machine web has made no transition yet\n",
    });
  });
});

describe("data", () => {
  it("prints all of it, or nothing to stdout when there is none", async () => {
    answers["GET /v1/machines/web/data"] = { body: { port: 8080, name: "a\nb" } };
    expect((await shell.run("data", "web")).stdout).toBe('port: 8080\nname: "a\\nb"\n');
    expect((await shell.run("data", "web", "--json")).stdout).toBe('{"port":8080,"name":"a\\nb"}\n');
    answers["GET /v1/machines/web/data"] = { body: {} };
    expect(await shell.run("data", "web")).toMatchObject({ stdout: "", stderr: "machine web has no data\n" });
  });

  it("get prints text bare, anything else as JSON, and all as JSON with --json", async () => {
    answers["GET /v1/machines/web/data/k"] = { body: { value: "text" } };
    expect((await shell.run("data", "web", "get", "k")).stdout).toBe("text\n");
    expect((await shell.run("data", "web", "get", "k", "--json")).stdout).toBe('"text"\n');
    answers["GET /v1/machines/web/data/k"] = { body: { value: { a: [1, null] } } };
    expect((await shell.run("data", "web", "get", "k")).stdout).toBe('{"a":[1,null]}\n');
  });

  it("get of what is not there ends with 3", async () => {
    const error = { code: "DATA_NOT_FOUND", message: 'machine web has no data "k"', details: {} };
    answers["GET /v1/machines/web/data/k"] = { status: 404, body: { error } };
    expect(await shell.run("data", "web", "get", "k")).toMatchObject({
      status: 3,
      stderr: 'machinist: machine web has no data "k"\n',
    });
  });

  it("set sends the JSON value, negative numbers too, and unset deletes", async () => {
    answers["PUT /v1/machines/web/data/a%2Fb"] = { body: {} };
    answers["DELETE /v1/machines/web/data/a%2Fb"] = { body: {} };
    expect(await shell.run("data", "web", "set", "a/b", '{"n":1}')).toMatchObject({ status: 0, stdout: "" });
    expect(await shell.run("data", "web", "set", "a/b", "-5")).toMatchObject({ status: 0, stderr: "" });
    expect(await shell.run("data", "web", "unset", "a/b")).toMatchObject({ status: 0, stdout: "" });
    expect(asked).toEqual([
      { route: "PUT /v1/machines/web/data/a%2Fb", body: '{"value":{"n":1}}' },
      { route: "PUT /v1/machines/web/data/a%2Fb", body: '{"value":-5}' },
      { route: "DELETE /v1/machines/web/data/a%2Fb", body: "" },
    ]);
  });
});

describe("graph NAME", () => {
  it("draws the file of the running machine and marks its state", async () => {
    await shell.run("init", "web", "--template", "check");
    answers["GET /v1/machines/web"] = {
      body: { ...details, state: "BROKEN", file: shell.path("machines/web/machine.yaml") },
    };
    const { stdout, status } = await shell.run("graph", "web");
    expect(status).toBe(0);
    expect(stdout).toContain("├─ ○ GOOD (initial)");
    expect(stdout).toContain("└─ ● BROKEN (now)");
  });

  it("svg: marks where the machine is, what is legal, what was last, and how its watchers fare", async () => {
    await shell.run("init", "web", "--template", "check");
    answers["GET /v1/machines/web"] = {
      body: {
        ...details,
        state: "BROKEN",
        transitions: ["repaired"],
        last: { from: "GOOD", transition: "broke", to: "BROKEN" },
        file: shell.path("machines/web/machine.yaml"),
      },
    };
    const { stdout } = await shell.run("graph", "web", "--format", "svg");
    expect(stdout).toContain('class="state current" data-state="BROKEN"');
    expect(stdout).toContain('class="line last" data-transition="broke"');
    expect(stdout).toContain('class="line live" data-transition="repaired"');
  });

  it("takes a file of that name before a machine", async () => {
    await writeFile(shell.path("web"), "no machine");
    expect(await shell.run("graph", "web")).toMatchObject({ status: 2 });
    expect(asked).toEqual([]);
  });
});

describe("when the daemon cannot help", () => {
  it.each([["show"], ["history"], ["data"], ["graph"]])(
    "%s of an unknown machine: exit 3, and the name that was meant",
    async (verb) => {
      expect(await shell.run(verb, "wbe")).toMatchObject({
        status: 3,
        stdout: "",
        stderr: 'machinist: there is no machine "wbe", did you mean "web"?\n',
      });
    },
  );

  it("an unknown machine that is like no other", async () => {
    expect((await shell.run("show", "zzz")).stderr).toBe(
      'machinist: there is no machine "zzz"; `machinist list` shows which run\n',
    );
  });

  it("an answer that is no JSON, and one of an unknown shape", async () => {
    answers["GET /v1/machines"] = { text: "<html>" };
    expect(await shell.run("list")).toMatchObject({
      status: 1,
      stderr: "machinist: the daemon answered 200 with something that is no JSON\n",
    });
    answers["GET /v1/machines"] = { body: { odd: true } };
    expect(await shell.run("list")).toMatchObject({
      status: 1,
      stderr: "machinist: the daemon answered with something else than a list\n",
    });
    answers["GET /v1/machines"] = { status: 500, body: {} };
    expect(await shell.run("list")).toMatchObject({
      status: 1,
      stderr: "machinist: the daemon answered 500\n",
    });
  });

  it.each([["list"], ["show web"], ["transition web t"], ["history web"], ["data web"]])(
    "%s without a daemon",
    async (line) => {
      const ran = await shell.run(...line.split(" "), "--data", "elsewhere");
      expect(ran).toMatchObject({
        status: 1,
        stdout: "",
        stderr: `machinist: no daemon answers at ${shell.path("elsewhere/machinist.sock")}; start one with \`machinist run\`\n`,
      });
    },
  );

  it("graph of neither a file nor, without a daemon, a machine", async () => {
    expect(await shell.run("graph", "web", "--data", "elsewhere")).toMatchObject({
      status: 3,
      stderr:
        "machinist: there is no file or directory web, and no daemon runs that could know a machine of that name\n",
    });
  });

  it("a socket that a daemon left behind when it was killed", async () => {
    await mkdir(shell.path("dead"));
    // Closing a server removes its socket, so one is made that nobody listens on.
    const left = createServer().listen(shell.path("dead/one.sock"));
    await once(left, "listening");
    const { link } = await import("node:fs/promises");
    await link(shell.path("dead/one.sock"), shell.path("dead/machinist.sock"));
    await new Promise((resolve) => left.close(resolve));
    const ran = await shell.run("list", "--data", "dead");
    expect(ran.stderr).toContain("no daemon answers at");
    expect(ran.status).toBe(1);
  });
});
