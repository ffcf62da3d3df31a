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
        message:
          "webhook w of machine deploy: header x-gitlab-token does not prove that the sender knows the secret",
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
      message: /^secret_file cannot be read/,
    });
    await writeFile(join(directory, "hook.secret"), "\n");
    await expect(played.ask(request("{}"))).rejects.toMatchObject({ code, message: /is empty$/ });
    await writeFile(join(directory, "hook.secret"), `${secret}\n`);
    expect(await played.ask(request("{}"))).toMatchObject({ outcome: "received" });
  });
});
