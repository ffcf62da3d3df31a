import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { webhook } from "../../watchers/webhook.ts";
import { accepts, faultsOf, PlayedWatcher } from "./harness.ts";

const secret = "long-enough";

function request(body: string, headers: JsonObject = {}): JsonObject {
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  return {
    headers: { "x-hub-signature-256": `sha256=${signature}`, ...headers },
    body: Buffer.from(body).toString("base64"),
  };
}

describe("webhook: properties", () => {
  it("accepts what is documented", () => {
    for (const accepted of [{ secret }, { secret_file: "a" }, { secret, scheme: "token", header: "X-Token" }])
      expect([accepts(webhook, accepted), faultsOf(webhook, accepted)]).toEqual([true, []]);
    for (const refused of [
      { secret: "short" },
      { secret, scheme: "md5" },
      { secret, header: "a b" },
      { key: 1 },
    ])
      expect(accepts(webhook, refused)).toBe(false);
  });

  it("needs one secret, and never fails", () => {
    const neither = "a webhook needs either secret_file or secret, and there is neither";
    expect(faultsOf(webhook, {})).toEqual([{ path: ["properties"], message: neither }]);
    const both = "a webhook needs either secret_file or secret, and there are both";
    expect(faultsOf(webhook, { secret, secret_file: "a" })).toEqual([
      { path: ["properties"], message: both },
    ]);
    expect(faultsOf(webhook, { secret }, { failTransition: "no" })).toEqual([
      {
        path: ["fail_transition"],
        message: 'a webhook never fails: who sends nonsense is refused; remove "no"',
      },
    ]);
  });
});

describe("webhook: requests", () => {
  it("waits until one comes", async () => {
    expect(await new PlayedWatcher(webhook, { secret }).look("start")).toEqual({ outcome: "waiting" });
  });

  it("fires for one that is authentic; the body becomes data when asked", async () => {
    const received = { outcome: "received", fire: "success", announce: true };
    expect(await new PlayedWatcher(webhook, { secret }).ask(request("no json"))).toEqual(received);
    const played = new PlayedWatcher(webhook, { secret, store: "push" });
    expect(await played.ask(request("[1]"))).toEqual({ ...received, patch: { push: [1] } });
    expect(played.data).toEqual({ push: [1] });
  });

  it("a header with the signature bare is one too; a token is compared whole", async () => {
    const [, bare] = String((request("x")["headers"] as JsonObject)["x-hub-signature-256"]).split("=");
    const played = new PlayedWatcher(webhook, { secret, header: "X-Signature" });
    expect(await played.ask(request("x", { "x-signature": bare ?? "" }))).toMatchObject({
      outcome: "received",
    });
    const token = new PlayedWatcher(webhook, { secret, scheme: "token" });
    expect(await token.ask({ headers: { "x-gitlab-token": secret }, body: "" })).toMatchObject({
      fire: "success",
    });
    for (const wrong of ["", "long", `${secret}r`])
      await expect(token.ask({ headers: { "x-gitlab-token": wrong }, body: "" })).rejects.toMatchObject({
        code: "UNAUTHENTICATED",
        message: "the request does not prove that its sender knows the secret",
      });
  });

  it.each([
    [{}],
    [{ headers: null, body: 1 }],
    [{ headers: { "x-hub-signature-256": "sha256=00" }, body: "" }],
  ])("%j is refused", async (input) => {
    const refused = new PlayedWatcher(webhook, { secret }).ask(input);
    await expect(refused).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("other headers must be as asked for", async () => {
    const played = new PlayedWatcher(webhook, { secret, headers: { "X-GitHub-Event": "push" } });
    expect(await played.ask(request("{}", { "x-github-event": "ping" }))).toEqual({ outcome: "ignored" });
    expect(await played.ask(request("{}", { "x-github-event": "push" }))).toMatchObject({ fire: "success" });
  });

  it("the secret's file is read at each request; without one nobody is authentic", async () => {
    const directory = await mkdtemp(join(tmpdir(), "machinist-webhook-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const played = new PlayedWatcher(webhook, { secret_file: "hook.secret" }, { machine: { directory } });
    const code = "FILE_NOT_FOUND";
    await expect(played.ask(request("{}"))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^secret_file \S+ cannot be used: ENOENT/),
    });
    await writeFile(join(directory, "hook.secret"), "\n");
    await expect(played.ask(request("{}"))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(" cannot be used: it is empty; expected "),
    });
    await writeFile(join(directory, "hook.secret"), `${secret}\n`);
    expect(await played.ask(request("{}"))).toMatchObject({ outcome: "received" });
  });
});

describe("webhook: deliveries", () => {
  const github = (id: string, body = "{}") => request(body, { "x-github-delivery": id });

  it("a delivery whose id came before is a duplicate, also after more than one; without an id none is", async () => {
    const played = new PlayedWatcher(webhook, { secret });
    expect(await played.ask(github("1"))).toMatchObject({ outcome: "received", fire: "success" });
    expect(await played.ask(github("2"))).toMatchObject({ outcome: "received" });
    expect(await played.ask(github("1"))).toEqual({ outcome: "duplicate" });
    for (let time = 0; time < 2; time++)
      expect(await played.ask(request("{}"))).toMatchObject({ outcome: "received" });
  });

  it("remembers 128 ids, and takes the header that delivery_id_header names", async () => {
    const played = new PlayedWatcher(webhook, { secret, delivery_id_header: "X-Id" });
    const named = (id: number) => request("{}", { "x-id": `${id}`, "x-github-delivery": "same" });
    for (let id = 0; id < 129; id++) expect(await played.ask(named(id))).toMatchObject({ fire: "success" });
    expect(await played.ask(named(1))).toEqual({ outcome: "duplicate" });
    expect(await played.ask(named(0))).toMatchObject({ fire: "success" });
  });

  async function kept(played: PlayedWatcher, input: JsonObject) {
    const { cursor } = played.kept;
    const observation = await played.watcher.keep?.({ input, cursor, state: "BUSY" });
    if (!observation) throw new Error("nothing was kept");
    played.commit(observation);
    return observation;
  }

  it("latest: the newest delivery of an inactive time fires at the next look, once", async () => {
    const played = new PlayedWatcher(webhook, { secret, store: "push" });
    expect(await kept(played, github("1", "1"))).toMatchObject({ outcome: "stored", detail: { waiting: 1 } });
    expect(await kept(played, github("2", "2"))).toMatchObject({ outcome: "stored", detail: { waiting: 1 } });
    expect(await kept(played, github("2", "2"))).toEqual({ outcome: "duplicate" });
    expect(await played.look("entered")).toMatchObject({
      outcome: "received",
      fire: "success",
      patch: { push: 2 },
    });
    expect(await played.look("entered")).toEqual({ outcome: "waiting" });
    expect(await played.ask(github("1", "1"))).toEqual({ outcome: "duplicate" });
  });

  it("keep: all fire in order, one for each look, and a new one after them", async () => {
    const played = new PlayedWatcher(webhook, { secret, store: "push", when_inactive: "keep" });
    for (const id of ["1", "2"]) await kept(played, github(id, id));
    expect(await played.ask(github("3", "3"))).toMatchObject({ patch: { push: 1 }, lookAgainInMs: 0 });
    expect(await played.look("due")).toMatchObject({ patch: { push: 2 }, lookAgainInMs: 0 });
    const last = await played.look("due");
    expect(last).toMatchObject({ patch: { push: 3 } });
    expect(last.lookAgainInMs).toBeUndefined();
  });

  it("keep: refuses more than 100 deliveries or 256 KiB; refuse: all of them", async () => {
    const many = new PlayedWatcher(webhook, { secret, when_inactive: "keep" });
    for (let id = 0; id < 100; id++) await kept(many, github(`${id}`));
    const full = { code: "STOPPED", message: expect.stringMatching(/^too many deliveries wait/) };
    await expect(kept(many, github("100"))).rejects.toMatchObject(full);
    const large = new PlayedWatcher(webhook, { secret, store: "push", when_inactive: "keep" });
    await kept(large, github("1", JSON.stringify("x".repeat(262_000))));
    await expect(kept(large, github("2", JSON.stringify("x".repeat(200))))).rejects.toMatchObject(full);
    const refusing = new PlayedWatcher(webhook, { secret, when_inactive: "refuse" });
    await expect(kept(refusing, github("1"))).rejects.toMatchObject({ code: "STOPPED" });
  });

  it("keep: each of 100 deliveries that wait is a duplicate when it comes again", async () => {
    const played = new PlayedWatcher(webhook, { secret, when_inactive: "keep" });
    for (let id = 0; id < 100; id++) await kept(played, github(`${id}`));
    expect(await kept(played, github("0"))).toEqual({ outcome: "duplicate" });
    expect(await kept(played, github("99"))).toEqual({ outcome: "duplicate" });
  });

  it("two long ids with the same beginning are two deliveries", async () => {
    const played = new PlayedWatcher(webhook, { secret });
    const long = "x".repeat(128);
    for (const end of ["1", "2"])
      expect(await played.ask(github(`${long}${end}`))).toMatchObject({ outcome: "received" });
    expect(await played.ask(github(`${long}1`))).toEqual({ outcome: "duplicate" });
  });

  it.each(["keep", "latest"])("%s: refuses one delivery over 256 KiB, in bytes", async (when_inactive) => {
    const played = new PlayedWatcher(webhook, { secret, store: "push", when_inactive });
    // 262,145 bytes as JSON, a third as many characters.
    const large = github("1", JSON.stringify(`${"語".repeat(87_381)}`));
    await expect(kept(played, large)).rejects.toMatchObject({
      code: "VALUE_TOO_LARGE",
      message: expect.stringMatching(/^the delivery cannot be stored: 262145 bytes; expected at most 262144/),
    });
    expect(played.kept.cursor).toBeUndefined();
  });

  it("takes JSON from the field payload of a form", async () => {
    const played = new PlayedWatcher(webhook, { secret, store: "push" });
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ payload: '{"ref":"main"}' }).toString();
    for (const type of [form["content-type"], "Application/X-WWW-Form-Urlencoded; charset=utf-8"])
      expect(await played.ask(request(body, { "content-type": type }))).toMatchObject({
        patch: { push: { ref: "main" } },
      });
    for (const wrong of ["payload=%7B", "other=1"])
      await expect(played.ask(request(wrong, form))).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: "the form has no field payload with JSON",
      });
  });
});

describe("webhook: max_age", () => {
  const timed = {
    secret,
    header: "X-Slack-Signature",
    timestamp_header: "X-Slack-Request-Timestamp",
    signed_content: "v0:{timestamp}:{body}",
    max_age: "5m",
  };

  function sent(at: string): JsonObject {
    const signature = createHmac("sha256", secret).update(`v0:${at}:{}`).digest("hex");
    return {
      headers: { "x-slack-signature": `v0=${signature}`, "x-slack-request-timestamp": at },
      body: Buffer.from("{}").toString("base64"),
    };
  }

  it("takes requests of the last five minutes, and refuses older ones and ones from the future", async () => {
    const played = new PlayedWatcher(webhook, timed);
    const now = played.clock.now();
    const at = (agoMs: number) => [
      `${Math.floor((now - agoMs) / 1000)}`,
      `${now - agoMs}`,
      new Date(now - agoMs).toISOString(),
    ];
    for (const fresh of [...at(0), ...at(290_000)])
      expect(await played.ask(sent(fresh))).toMatchObject({ outcome: "received" });
    for (const late of [...at(302_000), ...at(-302_000), "", "yesterday"])
      await expect(played.ask(sent(late))).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/max_age \(5m\) of now/),
      });
  });

  it("a time that was changed on the way is not authentic", async () => {
    const played = new PlayedWatcher(webhook, timed);
    const forged = sent("1");
    const headers = {
      ...(forged["headers"] as JsonObject),
      "x-slack-request-timestamp": `${played.clock.now()}`,
    };
    await expect(played.ask({ ...forged, headers })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("needs a time that the signature covers", () => {
    const message = "max_age needs scheme hmac, timestamp_header, and {timestamp} in signed_content";
    const { signed_content: _, ...uncovered } = timed;
    expect(faultsOf(webhook, uncovered)).toEqual([{ path: ["properties", "max_age"], message }]);
    expect(faultsOf(webhook, { secret, max_age: "5m", scheme: "token" })).toEqual([
      { path: ["properties", "max_age"], message },
    ]);
    expect(faultsOf(webhook, { secret, signed_content: "x" })).toEqual([
      { path: ["properties", "signed_content"], message: "signed_content must contain {body}" },
    ]);
    expect(faultsOf(webhook, timed)).toEqual([]);
  });
});
