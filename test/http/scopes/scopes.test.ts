/** Each route beside each scope: who is let in, and the exact answer to everyone else. */
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { hashOfToken, type Scope, scopes } from "../../../src/lib/token.ts";
import { runningDaemon } from "../surfaces.ts";
import { type Row, rows } from "./table.ts";

const tokens = scopes.map(
  (scope) => `    - { name: ${scope}, hash: "${hashOfToken(`mch_${scope}`)}", scopes: [${scope}] }`,
);
const config = `http:\n  listen: 127.0.0.1:0\n  tokens:\n${tokens.join("\n")}\n`;

type Asked = Pick<Row, "route" | "path" | "body" | "isStream">;

async function daemonWithTokens() {
  const files = { "../topics/greetings/log/index.js": "exports.process = async () => undefined;" };
  const running = await runningDaemon({ "m.yaml": machine, ...files }, config);
  const bucket = await running.daemon.store.createBucket("B");
  await bucket.put("a", "1");
  const { port } = new URL(running.daemon.url ?? "");
  const send = (row: Asked, authorization?: string, headers: Readonly<Record<string, string>> = {}) =>
    sendTo(Number(port), row, authorization === undefined ? headers : { ...headers, authorization });
  const signIn = async (token: string) => {
    const path = "/v1/session";
    const { headers, body } = await send({ route: `POST ${path}`, path, body: { token } });
    const [cookie = ""] = headers["set-cookie"]?.[0]?.split(";") ?? [];
    return { cookie, csrf: String(JSON.parse(body).csrf) };
  };
  return { ...running, send, signIn };
}

const machine = `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
  - { name: back, from: [B], destination: A }
watchers:
  - { name: alarm, type: timer, state_match: [A], fail_transition: go, properties: { timer: 1h } }
`;

function sendTo(
  port: number,
  { route, path, body, isStream }: Asked,
  given: Readonly<Record<string, string>>,
) {
  const method = route.split(" ")[0] ?? "";
  const isText = typeof body === "string";
  const headers = {
    ...(body === undefined ? {} : { "content-type": isText ? "text/plain" : "application/json" }),
    ...given,
  };
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
    const asking = request(
      { host: "127.0.0.1", port, method, path, headers, agent: false },
      (answer: IncomingMessage) => {
        const { statusCode: status = 0, headers: found } = answer;
        if (isStream && status === 200) {
          answer.destroy();
          resolve({ status, headers: found, body: "" });
        } else text(answer).then((whole) => resolve({ status, headers: found, body: whole }), reject);
      },
    );
    asking.on("error", reject);
    asking.end(body === undefined || isText ? body : JSON.stringify(body));
  });
}

it("has a row for every route", async () => {
  const { send } = await daemonWithTokens();
  const { body } = await send({ route: "GET /openapi.json", path: "/openapi.json" });
  const described = Object.entries<object>(JSON.parse(body).paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = new Set(rows.map(({ route }) => route));
  // The files of the page and the description itself are not described.
  const hidden = ["GET /", "GET /assets/*", "GET /openapi.json"];
  expect([...known].filter((route) => !hidden.includes(route)).sort()).toEqual(
    described.filter((route) => !hidden.includes(route)).sort(),
  );
});

it("lets nobody in without a token, or with a wrong one", async () => {
  const { send } = await daemonWithTokens();
  for (const row of rows) {
    const { status, body } = await send(row);
    if (row.scope === "open") {
      expect([row.route, status]).toEqual([row.route, row.status]);
      continue;
    }
    expect([row.route, status]).toEqual([row.route, 401]);
    expect(body).toContain("there is none: Authorization: Bearer TOKEN");
    const wrong = await send(row, "Bearer mch_wrong");
    expect([row.route, wrong.status]).toEqual([row.route, 401]);
  }
});

it.each(scopes)("a token with scope %s: only its own routes, and the exact answer", async (scope) => {
  const { send } = await daemonWithTokens();
  for (const row of rows) {
    const { status, body } = await send(row, `Bearer mch_${scope}`);
    const isAllowed = ["open", "any", scope].includes(row.scope) || scope === "admin";
    if (isAllowed) expect([row.route, row.path, status]).toEqual([row.route, row.path, row.status]);
    else {
      expect([row.route, row.path, status]).toEqual([row.route, row.path, 403]);
      expect(body).toContain(`token ${scope} is good for ${scope}, and this needs ${row.scope}`);
    }
  }
});

it.each(scopes)(
  "a session of a token with scope %s: the same routes, and no write without x-csrf-token",
  async (scope) => {
    const { signIn, send } = await daemonWithTokens();
    const { cookie, csrf } = await signIn(`mch_${scope}`);
    for (const row of rows.filter(({ scope: needed }) => needed !== "open")) {
      const isWrite = !row.route.startsWith("GET ");
      if (isWrite) {
        const { status, body } = await send(row, undefined, { cookie });
        expect([row.route, status]).toEqual([row.route, 403]);
        expect(body).toContain("a write with a session needs the header x-csrf-token");
      }
      const { status } = await send(row, undefined, { cookie, "x-csrf-token": csrf });
      const isAllowed = ["any", scope].includes(row.scope) || scope === "admin";
      expect([row.route, row.path, status]).toEqual([row.route, row.path, isAllowed ? row.status : 403]);
    }
  },
);

it("HEAD needs what GET needs", async () => {
  const { send } = await daemonWithTokens();
  for (const row of rows.filter(({ route, scope }) => route.startsWith("GET ") && scope !== "open")) {
    const head = { ...row, route: row.route.replace("GET ", "HEAD ") };
    expect([row.route, (await send(head)).status]).toEqual([row.route, 401]);
    if (row.scope === "any") continue;
    expect([row.route, (await send(head, "Bearer mch_transition")).status]).toEqual([row.route, 403]);
  }
});

it.each<[Scope, number]>([
  ["write", 403],
  ["admin", 200],
])("a batch that reads, with scope %s: %i", async (scope, status) => {
  const { send } = await daemonWithTokens();
  const batch = {
    route: "POST /v1/kv/{bucket}/batch",
    path: "/v1/kv/B/batch",
    body: [{ op: "get", key: "a" }],
  };
  expect((await send(batch, `Bearer mch_${scope}`)).status).toBe(status);
});
