/** Every route, the scope that it needs, and what it answers to a token that has it. */
import type { Scope } from "../../../src/lib/token.ts";

export interface Row {
  /** Method and path as in OpenAPI. */
  readonly route: string;
  /** What is asked for. */
  readonly path: string;
  /** `open`: no token is needed. `any`: every token is good for it. */
  readonly scope: Scope | "open" | "any";
  /** Of the answer to a token with the scope. */
  readonly status: number;
  readonly body?: unknown;
  /** For a stream, whose answer does not end. */
  readonly isStream?: boolean;
}

const machine = "/v1/machines/m";
const bucket = "/v1/kv/B";
const own = "/v1/kv/machinist-machines";
const value = { value: "1" };

function row(route: string, path: string, scope: Row["scope"], status: number, body?: unknown): Row {
  return { route, path, scope, status, ...(body === undefined ? {} : { body }) };
}

export const rows: readonly Row[] = [
  row("GET /", "/", "open", 200),
  row("GET /assets/*", "/assets/none.js", "open", 404),
  row("GET /openapi.json", "/openapi.json", "open", 200),
  row("GET /healthz", "/healthz", "open", 200),
  row("GET /readyz", "/readyz", "open", 200),
  row("POST /v1/session", "/v1/session", "open", 401, { token: "mch_wrong" }),
  row("GET /v1/session", "/v1/session", "any", 200),
  row("DELETE /v1/session", "/v1/session", "any", 204),
  row("POST /v1/machines/{name}/webhooks/{watcher}", `${machine}/webhooks/none`, "open", 401),

  row("GET /v1/machines", "/v1/machines", "read", 200),
  row("GET /v1/machines/{name}", machine, "read", 200),
  row("GET /v1/machines/{name}/definition", `${machine}/definition`, "admin", 200),
  row("GET /v1/machines/{name}/runs", `${machine}/runs`, "read", 200),
  row(
    "GET /v1/machines/{name}/watchers/{watcher}/runs/{run}/output",
    `${machine}/watchers/none/runs/1/output`,
    "admin",
    404,
  ),
  row("GET /v1/machines/{name}/history", `${machine}/history`, "read", 200),
  row("GET /v1/machines/{name}/data", `${machine}/data`, "read", 200),
  row("PUT /v1/machines/{name}/data/{key}", `${machine}/data/a`, "write", 200, value),
  row("GET /v1/machines/{name}/data/{key}", `${machine}/data/none`, "read", 404),
  row("DELETE /v1/machines/{name}/data/{key}", `${machine}/data/a`, "write", 200),
  row("GET /v1/machines/{name}/graph", `${machine}/graph`, "read", 200),
  row("POST /v1/machines/{name}/transition", `${machine}/transition`, "transition", 200, {
    transition: "go",
  }),
  row("GET /v1/machines/{name}/watchers/{watcher}/command", `${machine}/watchers/none/command`, "admin", 400),
  row("POST /v1/machines/{name}/pause", `${machine}/pause`, "transition", 200),
  row("POST /v1/machines/{name}/resume", `${machine}/resume`, "transition", 200),
  row("POST /v1/machines/{name}/reset", `${machine}/reset`, "admin", 409, {}),
  row("DELETE /v1/machines/{name}", machine, "admin", 409),
  { ...row("GET /v1/machine-changes", "/v1/machine-changes", "read", 200), isStream: true },
  row("GET /v1/machines/{name}/switches/{watcher}", `${machine}/switches/none`, "read", 404),
  row("POST /v1/machines/{name}/switches/{watcher}", `${machine}/switches/none`, "transition", 404, {
    on: true,
  }),
  row("GET /choria/machine/switch/v1/{name}/{watcher}", "/choria/machine/switch/v1/m/none", "read", 404),
  row(
    "POST /choria/machine/switch/v1/{name}/{watcher}",
    "/choria/machine/switch/v1/m/none",
    "transition",
    404,
    { on: true },
  ),
  row("GET /choria/machine/metric/v1/{name}/{watcher}", "/choria/machine/metric/v1/m/none", "read", 404),
  row(
    "GET /choria/homeassistant/switch/v1/{name}/{watcher}",
    "/choria/homeassistant/switch/v1/m/none",
    "read",
    404,
  ),
  row(
    "POST /choria/homeassistant/switch/v1/{name}/{watcher}",
    "/choria/homeassistant/switch/v1/m/none",
    "transition",
    404,
    "ON",
  ),

  row("GET /v1/kv", "/v1/kv", "read", 200),
  row("GET /v1/kv/{bucket}", bucket, "read", 200),
  row("PUT /v1/kv/{bucket}", "/v1/kv/NEW", "admin", 200, {}),
  row("PATCH /v1/kv/{bucket}", bucket, "admin", 200, { description: "x" }),
  row("GET /v1/kv/{bucket}/keys", `${bucket}/keys`, "read", 200),
  row("GET /v1/kv/{bucket}/history", `${bucket}/history`, "read", 200),
  row("GET /v1/kv/{bucket}/entries/{key}", `${bucket}/entries/a`, "read", 200),
  row("PUT /v1/kv/{bucket}/entries/{key}", `${bucket}/entries/b`, "write", 200, value),
  row("DELETE /v1/kv/{bucket}/entries/{key}", `${bucket}/entries/b`, "write", 200),
  row("POST /v1/kv/{bucket}/batch", `${bucket}/batch`, "write", 200, [{ op: "put", key: "c", value: "1" }]),
  { ...row("GET /v1/kv/{bucket}/watch", `${bucket}/watch`, "read", 200), isStream: true },
  row("DELETE /v1/kv/{bucket}", "/v1/kv/NONE", "admin", 404),

  // The daemon's own buckets, closed for everybody.
  row("GET /v1/kv/{bucket}", own, "read", 400),
  row("PUT /v1/kv/{bucket}", own, "admin", 400, {}),
  row("PATCH /v1/kv/{bucket}", own, "admin", 400, { description: "x" }),
  row("DELETE /v1/kv/{bucket}", own, "admin", 400),
  row("GET /v1/kv/{bucket}/keys", `${own}/keys`, "read", 400),
  row("GET /v1/kv/{bucket}/history", `${own}/history`, "read", 400),
  row("GET /v1/kv/{bucket}/entries/{key}", `${own}/entries/m`, "read", 400),
  row("PUT /v1/kv/{bucket}/entries/{key}", `${own}/entries/m`, "write", 400, value),
  row("DELETE /v1/kv/{bucket}/entries/{key}", `${own}/entries/m`, "write", 400),
  row("POST /v1/kv/{bucket}/batch", `${own}/batch`, "write", 400, [{ op: "put", key: "m", value: "1" }]),
  row("GET /v1/kv/{bucket}/watch", `${own}/watch`, "read", 400),

  { ...row("GET /v1/events", "/v1/events", "read", 200), isStream: true },
  row("GET /v1/status", "/v1/status", "read", 200),
  row("GET /v1/facts", "/v1/facts", "read", 200),
  row("GET /metrics", "/metrics", "read", 200),
  row("GET /v1/governors", "/v1/governors", "read", 200),
  row("DELETE /v1/governors/{name}/holders/{slot}", "/v1/governors/none/holders/1", "admin", 404),
  row("GET /v1/dead-letters", "/v1/dead-letters", "read", 200),
  row("POST /v1/dead-letters/{id}/retry", "/v1/dead-letters/none/retry", "write", 404),
  row("DELETE /v1/dead-letters/{id}", "/v1/dead-letters/none", "write", 404),
  row("GET /v1/topics", "/v1/topics", "read", 200),
  row("POST /topics/{name}", "/topics/greetings", "write", 202, {}),
  row("PUT /v1/less/kvs", "/v1/less/kvs?key=a", "write", 200, value),
  row("GET /v1/less/kvs", "/v1/less/kvs?key=none", "read", 200),
  row("DELETE /v1/less/kvs", "/v1/less/kvs?key=a", "write", 200),

  row("GET /v4/keyvaluesnamespaces", "/v4/keyvaluesnamespaces", "read", 200),
  row("GET /v4/keyvalues/{namespace}", "/v4/keyvalues/none?key=a", "read", 400),
  row("POST /v4/keyvalues/{namespace}", "/v4/keyvalues/n", "write", 201, { key: "a", value: "1" }),
  row("DELETE /v4/keyvalues/{namespace}", "/v4/keyvalues/none", "write", 400),
  row("GET /v4/keyvalues/{namespace}/keyexists", "/v4/keyvalues/none/keyexists?key=a", "read", 400),
  row("DELETE /v4/keyvalues/{namespace}/{key}", "/v4/keyvalues/none/a", "write", 400),
  row("GET /v4/keylist/{namespace}", "/v4/keylist/none", "read", 400),
  row("GET /v4/kvstore/{namespace}", "/v4/kvstore/none", "read", 400),
  row("POST /v4/kvstore/{namespace}", "/v4/kvstore/n", "write", 201, { key: "b", value: "1" }),
  row("DELETE /v4/kvstore/{namespace}", "/v4/kvstore/none?key=a", "write", 400),
  row("PUT /v4/reloadtask/{taskId}/start", "/v4/reloadtask/none/start", "write", 400, {}),
  row("POST /v4/reloadtask/{taskId}/start", "/v4/reloadtask/none/start", "write", 400, {}),
  row("GET /v4/configfile/endpointsenabled", "/v4/configfile/endpointsenabled", "read", 200),
];
