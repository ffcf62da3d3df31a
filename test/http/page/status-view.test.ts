import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hashOfToken } from "../../../src/lib/token.ts";
import { makeGovernor } from "../../../src/machine/governor-bucket.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { putDeadMessage } from "../dead-message.ts";
import { runningDaemon } from "../surfaces.ts";
import { eachInBrowser } from "./browser.ts";

const open = eachInBrowser();
const config = "facts: facts.json\nhttp: { listen: 127.0.0.1:0, open: true }";

describe("governors", () => {
  it("are shown with who has their slots as it changes, and a holder is evicted after a question", async () => {
    const { daemon } = await runningDaemon({ "web.yaml": yaml("web") }, "http: { listen: 127.0.0.1:0 }");
    const { page, complaints } = await open(`${daemon.signInUrl}`);
    await page.getByRole("link", { name: "Governors" }).click();
    await page.getByText("machinist governor add deploys 3").waitFor();
    const { governor } = await makeGovernor(daemon.store, "deploys", { capacity: 2 });
    const owner = "web#install @ host";
    await using _slot = await governor.acquire({ owner });
    const panel = page.getByRole("region", { name: "deploys" });
    await panel.getByText("1 of 2 taken").waitFor();
    expect(await panel.getByRole("meter").getAttribute("value")).toBe("1");
    expect(await panel.getByRole("link", { name: "web" }).getAttribute("href")).toBe("#/machines/web");
    await panel.getByRole("button", { name: `Evict ${owner} from slot` }).click();
    await page.getByRole("dialog").getByText(`${owner} loses slot`).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Evict" }).click();
    await panel.getByText("0 of 2 taken").waitFor();
    expect((await governor.status()).holders).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("whoever may only read is not offered to evict", async () => {
    const tokens = [{ name: "ada", hash: hashOfToken("who-only-looks"), scopes: ["read"] }];
    const { daemon } = await runningDaemon({}, JSON.stringify({ http: { listen: "127.0.0.1:0", tokens } }));
    const { governor } = await makeGovernor(daemon.store, "deploys", { capacity: 2 });
    await using _slot = await governor.acquire({ owner: "backup" });
    const { page } = await open(`${daemon.url}/?token=who-only-looks`);
    await page.goto(`${daemon.url}/#/governors`);
    await page.getByText("1 of 2 taken").waitFor();
    expect(await page.getByRole("button", { name: /^Evict/ }).count()).toBe(0);
  });
});

describe("topics", () => {
  it("without handlers say how to add them, without an error", async () => {
    const { daemon } = await runningDaemon({}, config);
    const { page, complaints } = await open(`${daemon.url}/#/topics`);
    await page.getByText("topics/TOPIC/index.js").waitFor();
    await page.getByText("No dead letters").waitFor();
    expect(complaints).toEqual([]);
  });

  it("are shown with their handlers and faults; dead letters are tried again or dropped", async () => {
    const { daemon, directory } = await runningDaemon(
      { "../topics/send/log/index.js": "exports.process = () => {};" },
      config,
    );
    await putDeadMessage(daemon.store, "send", "first");
    await putDeadMessage(daemon.store, "send", "second");
    const { page, complaints } = await open(`${daemon.url}/#/topics`);
    const topic = page.getByRole("region", { name: "send" });
    await topic.getByText("1 handler").waitFor();
    expect(await topic.textContent()).toContain("topics/send/log/index.js");
    const letters = page.getByRole("region", { name: "Dead letters" });
    const first = letters.getByRole("listitem").filter({ hasText: "send.first" });
    await first.getByText("log failed 20 times, the last time with").waitFor();
    expect(await first.getByLabel("The last error").textContent()).toBe("Error: not yet");
    await first.getByText("Message").click();
    expect(await first.getByLabel("The message as JSON").innerText()).toBe('{\n  "hello": "first"\n}');
    await letters.getByRole("button", { name: "Try again: send.first" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Try again" }).click();
    await first.waitFor({ state: "detached" });
    await letters.getByRole("button", { name: "Drop send.second" }).click();
    await page.getByRole("dialog").getByText("It cannot be had back").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Drop" }).click();
    await letters.getByText("No dead letters").waitFor();
    await mkdir(join(directory, "topics/bad"));
    await page.getByText(/bad has no handler/).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe("status", () => {
  it("tells what the daemon is, what runs, and what is known of its host", async () => {
    const files = { "web.yaml": yaml("web"), "bad.yaml": "name: [" };
    const { daemon, directory } = await runningDaemon(files, config);
    const facts = { site: "north", os: { name: "debian", old: [{ version: 11 }] } };
    await writeFile(join(directory, "facts.json"), JSON.stringify(facts));
    const { page, complaints } = await open(`${daemon.url}/#/status`);
    const about = page.getByRole("region", { name: "Daemon" });
    await about.getByText(/^up for/).waitFor();
    const said = await about.innerText();
    for (const word of [`${process.pid}`, `${daemon.url}`, join(directory, ".machinist/store")])
      expect(said).toContain(word);
    const machines = page.getByRole("region", { name: "Machines by health" });
    expect(await machines.getByRole("listitem").allInnerTexts()).toEqual([
      expect.stringMatching(/^faulty\s+1$/),
      expect.stringMatching(/^running\s+1$/),
    ]);
    const host = await page.getByRole("region", { name: "Host" }).innerText();
    expect(host).toMatch(/LMDB[\s\S]*late by \d+\.\d ms[\s\S]*[KMG]iB[\s\S]*GiB free/);
    const tree = page.getByRole("region", { name: "Facts" });
    await tree.getByText("debian").waitFor();
    await tree.getByText("old").click();
    expect(await tree.getByText("11").isVisible()).toBe(false);
    await tree.getByText("0", { exact: true }).click();
    await tree.getByText("11").waitFor();
    for (const [name, type] of [
      ["metrics", "text/plain"],
      ["description of the API", "application/json"],
    ] as const) {
      const href = await about.getByRole("link", { name }).getAttribute("href");
      const answer = await page.request.get(`${daemon.url}${href}`);
      expect(answer.headers()["content-type"]).toContain(type);
    }
    expect(complaints).toEqual([]);
  });
});
