/** Settings that only NATS has: how the command line takes and shows them. */
import { describe, expect, it } from "vitest";
import { startServer } from "../setup/nats-server.ts";
import { Shell } from "./shell.ts";

describe("kv add, with settings of NATS", () => {
  it("makes a bucket from sources, and its page tells of it", async () => {
    await using server = await startServer("current");
    await using shell = await Shell.create();
    const run = (line: string) => shell.run("kv", ...line.split(" "), "--store", server.url);
    await run("add ONE");
    const made = await run(
      "add ALL --source ONE TWO@hub --republish-destination copies.> --republish-source $KV.ALL.> --republish-headers --json",
    );
    expect(made).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(made.stdout)).toMatchObject({
      sources: [{ bucket: "ONE" }, { bucket: "TWO", domain: "hub" }],
      republish: { destination: "copies.>", source: "$KV.ALL.>", headersOnly: true },
    });
    const { stdout } = await run("info ALL");
    expect(stdout).toMatch(/JetStream Stream: KV_ALL\n/);
    expect(stdout).toMatch(/Republishing Headers: \$KV\.ALL\.> to copies\.>\n/);
    expect(stdout).toMatch(/Source: ONE, 0 behind, (seen \S+ ago|never seen)\n/);
    expect(stdout).toMatch(/Source: TWO in domain hub, 0 behind, never seen\n/);
  });

  it("makes a mirror of another domain", async () => {
    await using server = await startServer("current");
    await using shell = await Shell.create();
    const run = (line: string) => shell.run("kv", ...line.split(" "), "--store", server.url);
    expect(await run("add COPY --mirror CFG --mirror-domain hub")).toMatchObject({ status: 0 });
    expect((await run("info COPY")).stdout).toMatch(/Mirror of: CFG in domain hub, 0 behind, never seen\n/);
    expect((await run("ls --names")).stdout).toBe("COPY\n");
    expect(await run("purge COPY -f")).toMatchObject({
      status: 6,
      stderr: expect.stringMatching(/copies bucket CFG of JetStream domain hub: remove its entries there/),
    });
  });

  it.each([
    ["add B --mirror A", 6, /cannot mirror A of its own JetStream domain.*or use sources/],
    ["add B --mirror-domain hub", 2, /--mirror-domain goes with --mirror: name that too/],
    ["add B --republish-headers", 2, /--republish-headers goes with --republish-destination/],
    ["add B --republish-source a.>", 2, /--republish-source goes with --republish-destination/],
    ["add B --source a.b", 2, /sources is .*expected a list of objects with a bucket/],
  ])("%s", async (line, status, message) => {
    await using server = await startServer("current");
    await using shell = await Shell.create();
    const ran = await shell.run("kv", ...line.split(" "), "--store", server.url);
    expect(ran).toMatchObject({ status, stderr: expect.stringMatching(message) });
    expect((await shell.run("kv", "ls", "-n", "--store", server.url)).stdout).toBe("");
  });

  it("is refused by the embedded store", async () => {
    await using shell = await Shell.create();
    const ran = await shell.run("kv", "add", "B", "--tags", "ssd", "--cluster", "C");
    expect(ran).toMatchObject({
      status: 6,
      stderr: expect.stringMatching(/no placement: it keeps one copy/),
    });
  });
});
