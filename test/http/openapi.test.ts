/** The description says all routes, and answers are as it says. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it, onTestFinished } from "vitest";
import { makeGovernor } from "../../src/machine/governor-bucket.ts";
import { yaml } from "../supervisor/supervise.ts";
import { putDeadMessage } from "./dead-message.ts";
import { runningDaemon } from "./surfaces.ts";

interface Operation {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { content?: Record<string, { schema: object }> }>>;
}

function goodAnswer(responses: Operation["responses"] = {}): string | undefined {
  return Object.keys(responses).find((status) => status.startsWith("2"));
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const watchers = `
  - { name: lamp, type: httpswitch }
  - { name: push, type: webhook, properties: { scheme: token, secret: long-enough } }
  - { name: load, type: metric, interval: 1h, properties: { command: 'true' } }
`;

async function described() {
  const handler = "exports.process = async () => undefined;";
  const running = await runningDaemon({
    "m.yaml": yaml("m", watchers),
    "../topics/greetings/log/index.js": handler,
  });
  const { store } = running.daemon;
  const { governor } = await makeGovernor(store, "deploys", { capacity: 1 });
  const slot = await governor.acquire();
  onTestFinished(() => slot.release());
  await putDeadMessage(store, "greetings", "first");
  await putDeadMessage(store, "greetings", "second");
  const { body } = await running.ask("GET", "/openapi.json");
  return { ...running, document: body, paths: body.paths as Paths };
}

it("is OpenAPI 3.1, and every operation says what it is for and who may", async () => {
  const { document, paths } = await described();
  expect(document.openapi).toBe("3.1.0");
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { summary, security, responses }] of Object.entries(operations)) {
      expect([method, path, summary, security, goodAnswer(responses)]).toEqual([
        method,
        path,
        expect.stringMatching(/\w/),
        expect.any(Array),
        expect.stringMatching(/^2/),
      ]);
    }
  }
});

/** One request of each route, in an order in which all succeed. */
const requests: readonly (readonly [string, string, string, unknown?])[] = [
  ["get", "/openapi.json", "/openapi.json"],
  ["get", "/healthz", "/healthz"],
  ["get", "/readyz", "/readyz"],
  ["get", "/metrics", "/metrics"],
  ["get", "/v1/status", "/v1/status"],
  ["get", "/v1/facts", "/v1/facts"],
  ["get", "/v1/governors", "/v1/governors"],
  ["delete", "/v1/governors/{name}/holders/{slot}", "/v1/governors/deploys/holders/1"],
  ["get", "/v1/machines", "/v1/machines"],
  ["post", "/v1/machines/{name}/transition", "/v1/machines/m/transition", { transition: "go" }],
  ["post", "/v1/machines/{name}/pause", "/v1/machines/m/pause"],
  ["get", "/v1/machines/{name}", "/v1/machines/m"],
  ["post", "/v1/machines/{name}/resume", "/v1/machines/m/resume"],
  ["post", "/v1/machines/{name}/reset", "/v1/machines/m/reset", { keepData: true, force: true }],
  ["delete", "/v1/machines/{name}", "/v1/machines/m?force=true"],
  ["get", "/v1/machines/{name}/graph", "/v1/machines/m/graph"],
  ["get", "/v1/machines/{name}/runs", "/v1/machines/m/runs"],
  ["get", "/v1/machines/{name}/watchers/{watcher}/runs/{run}/output", ""],
  ["get", "/v1/machines/{name}/watchers/{watcher}/command", "/v1/machines/m/watchers/load/command"],
  ["get", "/v1/machines/{name}/definition", "/v1/machines/m/definition"],
  ["get", "/v1/machines/{name}/history", "/v1/machines/m/history"],
  ["put", "/v1/machines/{name}/data/{key}", "/v1/machines/m/data/a", { value: [1] }],
  ["get", "/v1/machines/{name}/data", "/v1/machines/m/data"],
  ["get", "/v1/machines/{name}/data/{key}", "/v1/machines/m/data/a"],
  ["delete", "/v1/machines/{name}/data/{key}", "/v1/machines/m/data/a"],
  ["get", "/v1/machines/{name}/switches/{watcher}", "/v1/machines/m/switches/lamp"],
  ["post", "/v1/machines/{name}/switches/{watcher}", "/v1/machines/m/switches/lamp", { on: true }],
  ["post", "/v1/machines/{name}/webhooks/{watcher}", "/v1/machines/m/webhooks/push", "{}"],
  ["get", "/choria/machine/switch/v1/{name}/{watcher}", "/choria/machine/switch/v1/m/lamp"],
  ["post", "/choria/machine/switch/v1/{name}/{watcher}", "/choria/machine/switch/v1/m/lamp", { on: false }],
  ["get", "/choria/homeassistant/switch/v1/{name}/{watcher}", "/choria/homeassistant/switch/v1/m/lamp"],
  [
    "post",
    "/choria/homeassistant/switch/v1/{name}/{watcher}",
    "/choria/homeassistant/switch/v1/m/lamp",
    "ON",
  ],
  ["get", "/choria/machine/metric/v1/{name}/{watcher}", "/choria/machine/metric/v1/m/load"],
  ["put", "/v1/kv/{bucket}", "/v1/kv/CFG", { history: 2 }],
  ["patch", "/v1/kv/{bucket}", "/v1/kv/CFG", { history: 3 }],
  ["get", "/v1/kv/{bucket}", "/v1/kv/CFG"],
  ["get", "/v1/kv", "/v1/kv"],
  ["put", "/v1/kv/{bucket}/entries/{key}", "/v1/kv/CFG/entries/a", { value: "1" }],
  ["get", "/v1/kv/{bucket}/entries/{key}", "/v1/kv/CFG/entries/a"],
  ["post", "/v1/kv/{bucket}/batch", "/v1/kv/CFG/batch", [{ op: "get", key: "a" }]],
  ["get", "/v1/kv/{bucket}/keys", "/v1/kv/CFG/keys"],
  ["delete", "/v1/kv/{bucket}/entries/{key}", "/v1/kv/CFG/entries/a"],
  ["get", "/v1/kv/{bucket}/history", "/v1/kv/CFG/history"],
  ["get", "/v1/events", "/v1/events?follow=false&since=1970-01-01T00:00:00Z"],
  ["get", "/v1/kv/{bucket}/watch", ""],
  ["get", "/v1/machine-changes", ""],
  ["delete", "/v1/kv/{bucket}", "/v1/kv/CFG"],
  ["post", "/v4/keyvalues/{namespace}", "/v4/keyvalues/ns", { key: "a", value: "1" }],
  ["post", "/v4/keyvalues/{namespace}", "/v4/keyvalues/ns", { key: "no value" }],
  ["get", "/v4/keyvaluesnamespaces", "/v4/keyvaluesnamespaces"],
  ["get", "/v4/keyvalues/{namespace}", "/v4/keyvalues/ns?key=a"],
  ["get", "/v4/keyvalues/{namespace}/keyexists", "/v4/keyvalues/ns/keyexists?key=a"],
  ["get", "/v4/keylist/{namespace}", "/v4/keylist/ns"],
  ["delete", "/v4/keyvalues/{namespace}/{key}", "/v4/keyvalues/ns/a"],
  ["post", "/v4/kvstore/{namespace}", "/v4/kvstore/ns", { key: "a", value: "1" }],
  ["get", "/v4/kvstore/{namespace}", "/v4/kvstore/ns?key=a"],
  ["delete", "/v4/kvstore/{namespace}", "/v4/kvstore/ns?key=a"],
  ["post", "/v4/keyvalues/{namespace}", "/v4/keyvalues/ns", { key: "a", value: "1" }],
  ["delete", "/v4/keyvalues/{namespace}", "/v4/keyvalues/ns"],
  ["put", "/v4/reloadtask/{taskId}/start", "/v4/reloadtask/-/start", []],
  ["post", "/v4/reloadtask/{taskId}/start", "/v4/reloadtask/-/start", []],
  ["get", "/v4/configfile/endpointsenabled", "/v4/configfile/endpointsenabled"],
  ["put", "/v1/less/kvs", "/v1/less/kvs?key=a", { value: [1] }],
  ["get", "/v1/less/kvs", "/v1/less/kvs?key=a"],
  ["delete", "/v1/less/kvs", "/v1/less/kvs?key=a"],
  ["get", "/v1/topics", "/v1/topics"],
  ["get", "/v1/dead-letters", "/v1/dead-letters"],
  ["post", "/v1/dead-letters/{id}/retry", "/v1/dead-letters/greetings.first/retry"],
  ["delete", "/v1/dead-letters/{id}", "/v1/dead-letters/greetings.second"],
  ["post", "/topics/{name}", "/topics/greetings", { hello: "there" }],
];

it("holds every route, and every answer is as described", async () => {
  const { ask, paths } = await described();
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  const asked = new Set(requests.map(([method, path]) => `${method} ${path}`));
  expect(routes.sort()).toEqual([...asked].sort());
  const ajv = new Ajv2020({ strict: false });
  for (const [method, path, url, body] of requests.filter(([, , url]) => url !== "")) {
    const answer = await ask(method.toUpperCase(), url, body, { "x-gitlab-token": "long-enough" });
    const responses = paths[path]?.[method]?.responses ?? {};
    const status = goodAnswer(responses) ?? "";
    expect([path, `${answer.status}`]).toEqual([path, status]);
    const schema = responses[status]?.content?.["application/json"]?.schema;
    if (!schema) continue;
    expect([path, ajv.validate(schema, answer.body), ajv.errors]).toEqual([path, true, null]);
  }
});

it("an empty key of Less is refused", async () => {
  const { ask } = await described();
  expect(await ask("PUT", "/v1/less/kvs?key=", { value: 1 })).toMatchObject({
    status: 400,
    body: { error: { code: "INVALID_ARGUMENT" } },
  });
});

interface TypeSchema {
  readonly type?: string;
  readonly anyOf?: readonly TypeSchema[];
}

function typesOf({ type, anyOf }: TypeSchema): readonly string[] {
  return anyOf ? anyOf.flatMap(typesOf) : [String(type)];
}

it("every duration is a number of milliseconds in a field whose name ends in Ms", async () => {
  const { paths } = await described();
  const found: string[] = [];
  const collect = (schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return;
    const { properties } = schema as { properties?: Record<string, TypeSchema> };
    for (const [name, property] of Object.entries(properties ?? {}))
      if (/(ttl|timeout|interval|delay|duration|elapsed|uptime|wait)(ms|s|seconds)?$/i.test(name))
        found.push(`${name}: ${typesOf(property).join(" or ")}`);
    Object.values(schema).forEach(collect);
  };
  // Less and Butler have words and units of their own.
  const own = Object.entries(paths).filter(([path]) => !/^\/(v4|v1\/less)\//.test(path));
  collect(own);
  expect(found).toContain("ttlMs: integer");
  expect([...new Set(found)].filter((field) => !/Ms: (integer|number)( or null)?$/.test(field))).toEqual([]);
});
