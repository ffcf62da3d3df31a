import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { webhookRoutes } from "../../../src/http/webhooks/webhooks.ts";
import { knownToken, type ServingOptions, serving } from "../serving.ts";

const machine = `
name: m
version: 1.0.0
initial_state: OFF
transitions:
  - { name: light, from: [OFF], destination: ON }
  - { name: darken, from: [ON], destination: OFF }
  - { name: lock, from: [ON], destination: LOCKED }
watchers:
  - { name: lamp, type: httpswitch, success_transition: light, fail_transition: darken,
      properties: { on_when: [ON], off_when: [OFF], disable_when: [LOCKED], annotations: { room: attic } } }
  - { name: push, type: webhook, state_match: [OFF], success_transition: light,
      properties: { secret: long-enough, headers: { X-GitHub-Event: push }, store: push } }
`;

async function withWebhook(http: ServingOptions["http"] = {}) {
  return serving({
    files: { "m.yaml": machine },
    routes: ({ supervisor }) => [webhookRoutes(supervisor)],
    http,
  });
}

describe("webhooks", () => {
  const path = "/v1/machines/m/webhooks/push";
  const body = '{"ref": "main"}';
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const signed = (text: string, secret = "long-enough") => ({
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(text).digest("hex")}`,
    "x-github-event": "push",
  });

  it("need no token but a signature; the body becomes data and the transition is made", async () => {
    const { askTcp, supervisor } = await withWebhook({ tokens: [knownToken("reader", "read")] });
    const sent = { method: "POST", path, body };
    expect(await askTcp({ ...sent, headers: signed(body) })).toMatchObject({
      status: 200,
      body: { outcome: "received" },
    });
    expect(supervisor.machine("m").record).toMatchObject({ state: "ON", data: { push: { ref: "main" } } });
  });

  it.each([
    ["no signature", {}, body, 401],
    ["another secret", signed(body, "other"), body, 401],
    ["another body", signed("{}"), body, 401],
    ["no JSON", signed("{"), "{", 400],
    ["nested too deep", signed(deep), deep, 400],
  ])("%s: refused, and nothing happens", async (_, headers, sent, status) => {
    const { askTcp, supervisor } = await withWebhook();
    expect(await askTcp({ method: "POST", path, body: sent, headers })).toMatchObject({ status });
    expect(supervisor.machine("m").record).toMatchObject({ state: "OFF", data: {} });
  });

  it("of other kinds are answered and fire nothing; other watchers get none", async () => {
    const { askTcp, supervisor } = await withWebhook();
    const headers = { ...signed(body), "x-github-event": "ping" };
    expect(await askTcp({ method: "POST", path, body, headers })).toMatchObject({
      body: { outcome: "ignored" },
    });
    expect(supervisor.machine("m").state).toBe("OFF");
  });

  it("unknown machines and watchers, other types and wrong secrets: byte-identical answers", async () => {
    const { askTcp, supervisor } = await withWebhook();
    const places = ["m/webhooks/push", "m/webhooks/none", "m/webhooks/lamp", "none/webhooks/push"];
    const answers = [];
    for (const state of ["OFF", "ON"]) {
      for (const place of places) {
        const headers = { ...signed(body, "another secret"), "x-github-delivery": place };
        const {
          status,
          headers: found,
          body: answer,
        } = await askTcp({
          method: "POST",
          path: `/v1/machines/${place}`,
          body,
          headers,
        });
        const { date: _, "x-ratelimit-remaining": _left, "x-ratelimit-reset": _reset, ...fixed } = found;
        answers.push(JSON.stringify({ status, fixed, answer }));
      }
      if (state === "OFF") await supervisor.machine("m").request("light", "person");
    }
    expect(new Set(answers).size).toBe(1);
    expect(JSON.parse(answers[0] ?? "")).toMatchObject({
      status: 401,
      answer: {
        error: {
          code: "UNAUTHENTICATED",
          message:
            "webhook refused: the request does not prove that its sender knows the secret of a webhook at this path. Check path, secret and header",
        },
      },
    });
  });

  it("a body that does not fit into the data: 413, and the same delivery may come again", async () => {
    const { askTcp, supervisor } = await withWebhook();
    const large = JSON.stringify("x".repeat(600 * 1024));
    const headers = { ...signed(large), "x-github-delivery": "1" };
    for (let time = 0; time < 2; time++)
      expect(await askTcp({ method: "POST", path, body: large, headers })).toMatchObject({
        status: 413,
        body: { error: { code: "VALUE_TOO_LARGE" } },
      });
    expect(supervisor.machine("m").record).toMatchObject({ state: "OFF", data: {} });
    const small = { ...signed(body), "x-github-delivery": "1" };
    expect(await askTcp({ method: "POST", path, body, headers: small })).toMatchObject({ status: 200 });
  });

  it("while the watcher is inactive: stored with 202, and fires when it is active again, once", async () => {
    const { askTcp, supervisor } = await withWebhook();
    const machine = supervisor.machine("m");
    await machine.request("light", "person");
    const send = (text: string, id: string) =>
      askTcp({ method: "POST", path, body: text, headers: { ...signed(text), "x-github-delivery": id } });
    expect(await send('{"ref":"old"}', "1")).toMatchObject({ status: 202, body: { outcome: "stored" } });
    expect(await send(body, "2")).toMatchObject({ status: 202, body: { outcome: "stored" } });
    expect(await send(body, "2")).toMatchObject({ status: 200, body: { outcome: "duplicate" } });
    expect(machine.record).toMatchObject({ state: "ON", transitions: 1 });
    await machine.request("darken", "person");
    await expect
      .poll(() => machine.record)
      .toMatchObject({ state: "ON", transitions: 3, data: { push: { ref: "main" } } });
    expect(await send(body, "2")).toMatchObject({ status: 200, body: { outcome: "duplicate" } });
    await machine.request("darken", "person");
    expect(machine.state).toBe("OFF");
  });
});
