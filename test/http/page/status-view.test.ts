import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hashOfToken } from "../../../src/lib/token.ts";
import { makeGovernor } from "../../../src/machine/governor-bucket.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { putDeadMessage } from "../dead-message.ts";
import { runningDaemon } from "../surfaces.ts";
import { eachInBrowser } from "./browser.ts";
import { button, isGone, labelled, named, says, withText } from "./on-page.ts";

const open = eachInBrowser();
const config = "facts: facts.json\nhttp: { listen: 127.0.0.1:0, open: true }";

describe("governors", () => {
  it("are shown with who has their slots as it changes, and a holder is evicted after a question", async () => {
    const { daemon } = await runningDaemon({ "web.yaml": yaml("web") }, "http: { listen: 127.0.0.1:0 }");
    const { page, complaints } = await open(`${daemon.signInUrl}`);
    await named(page, "link", "Governors").click();
    await says(page, "machinist governor add deploys 3");
    const { governor } = await makeGovernor(daemon.store, "deploys", { capacity: 2 });
    const owner = "web#install @ host";
    await using _slot = await governor.acquire({ owner });
    const panel = named(page, "region", "deploys");
    await says(panel, "1 of 2 taken");
    expect(await panel.getByRole("meter").getAttribute("value")).toBe("1");
    expect(await named(panel, "link", "web").getAttribute("href")).toBe("#/machines/web");
    await button(panel, /^Evict web#install @ host from slot \d$/).click();
    const dialog = named(page, "dialog", "Evict from deploys?");
    await says(dialog, /^web#install @ host loses slot \d at once/);
    await button(dialog, "Evict").click();
    await says(panel, "0 of 2 taken");
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
    await says(page, "1 of 2 taken");
    expect(await button(page, /^Evict/).count()).toBe(0);
  });
});

describe("topics", () => {
  it("without handlers say how to add them, without an error", async () => {
    const { daemon } = await runningDaemon({}, config);
    const { page, complaints } = await open(`${daemon.url}/#/topics`);
    await says(page, "topics/TOPIC/index.js");
    await says(page, "No dead letters");
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
    const topic = named(page, "region", "send");
    await says(topic, "1 handler");
    expect(await topic.textContent()).toContain("topics/send/log/index.js");
    const letters = named(page, "region", "Dead letters");
    const first = letters.getByRole("listitem").filter({ hasText: "send.first" });
    await says(first, "log failed 20 times, the last time with");
    expect(await labelled(first, "The last error").textContent()).toBe("Error: not yet");
    await withText(first, "Message send.first").click();
    const message = labelled(first, "The message as JSON");
    await message.waitFor();
    expect(await message.innerText()).toBe('{\n  "hello": "first"\n}');
    await button(letters, "Try again: send.first").click();
    await button(named(page, "dialog", "Try this message again?"), "Try again").click();
    await isGone(first);
    await button(letters, "Drop send.second").click();
    const dialog = named(page, "dialog", "Drop this message?");
    await says(dialog, /It cannot be had back\.$/);
    await button(dialog, "Drop").click();
    await says(letters, "No dead letters");
    await mkdir(join(directory, "topics/bad"));
    await says(page, /bad has no handler/);
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
    const about = named(page, "region", "Daemon");
    await says(about, /^up for/);
    const said = await about.innerText();
    for (const word of [`${process.pid}`, `${daemon.url}`, join(directory, ".machinist/store")])
      expect(said).toContain(word);
    const machines = named(page, "region", "Machines by health");
    await expect
      .poll(() => machines.getByRole("listitem").allInnerTexts())
      .toEqual([expect.stringMatching(/^faulty\s+1$/), expect.stringMatching(/^running\s+1$/)]);
    const host = await named(page, "region", "Host").innerText();
    expect(host).toMatch(/LMDB[\s\S]*late by \d+\.\d ms[\s\S]*[KMG]iB[\s\S]*GiB free/);
    const tree = named(page, "region", "Facts");
    await says(tree, '"debian"');
    await withText(tree, "old").click();
    await says(tree, "0");
    expect(await withText(tree, "11").isVisible()).toBe(false);
    await withText(tree, "0").click();
    await says(tree, "11");
    for (const [name, type] of [
      ["metrics", "text/plain"],
      ["description of the API", "application/json"],
    ] as const) {
      const href = await named(about, "link", name).getAttribute("href");
      const answer = await page.request.get(`${daemon.url}${href}`);
      expect(answer.headers()["content-type"]).toContain(type);
    }
    expect(complaints).toEqual([]);
  });
});
