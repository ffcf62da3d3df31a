import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseYaml } from "../../src/definition/parse.ts";
import { createKeyPair, signatureOf } from "../../src/lib/ed25519.ts";
import { machines } from "../../watchers/machines.ts";
import { accepts, faultsOf } from "./harness.ts";
import { entry, installing, packed, packedText } from "./installing.ts";

describe("machines: properties", () => {
  it("accepts the documented example, and nothing of plugins alone", () => {
    const documented = {
      data_item: "machines",
      purge_unknown: true,
      machine_manage_interval: "1m",
      public_key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    };
    expect(accepts(machines, documented)).toBe(true);
    expect(faultsOf(machines, documented)).toEqual([]);
    for (const more of [
      { manager_machine_prefix: "x" },
      { plugins_directory: "/x" },
      { plugin_manage_interval: "1m" },
    ]) {
      expect(accepts(machines, { data_item: "m", ...more })).toBe(false);
    }
  });

  it("looks at once, and then at its interval if there is one", () => {
    const properties = machines.read({ data_item: "m" });
    expect(machines.policy(properties, 60_000)).toEqual({
      start: "at-once",
      entry: "at-once",
      intervalMs: 60_000,
    });
    expect(machines.policy(properties, 0).intervalMs).toBeUndefined();
    expect(machines.minimumIntervalMs).toBe(2_000);
    expect(machines.initialOutcome).toBe("unknown");
  });

  it("machine_manage_interval is what its managers verify at: 2m unless said, never under 10s", async () => {
    const interval = async (properties: Record<string, string>): Promise<unknown> => {
      const { drop, give } = installing(machines, properties);
      await give(packed("machines", [entry("web")]));
      const text = readFileSync(join(drop, "mm_web", "machine.yaml"));
      return parseYaml(text, { file: "machine.yaml" });
    };
    expect(await interval({})).toMatchObject({ watchers: [{ interval: "2m" }] });
    expect(await interval({ machine_manage_interval: "0" })).toMatchObject({
      watchers: [{ interval: "2m" }],
    });
    expect(await interval({ machine_manage_interval: "90s" })).toMatchObject({
      watchers: [{ interval: "1m30s" }],
    });
    const faults = faultsOf(machines, { data_item: "m", machine_manage_interval: "9s" });
    expect(faults.map(({ path }) => path)).toEqual([["properties", "machine_manage_interval"]]);
  });
});

describe("machines: signatures", () => {
  const { seed, publicKey } = createKeyPair();
  const good = packed("machines", [entry("web")], seed);

  it("C82: signs what the text stands for, not the text", async () => {
    const text = JSON.stringify([entry("web")]);
    const own = { ...packedText("machines", text), signature: signatureOf(Buffer.from(text), seed) };
    expect(own).toEqual(good);
    const { give, played } = installing(machines, { public_key: publicKey });
    expect(await give(own)).toMatchObject({
      outcome: "updated",
      fire: "success",
      detail: { machines: ["web"] },
    });
    // Line breaks in the text leave what it stands for as it is.
    const broken = { ...own, machines: String(good["machines"]).replace(/.{60}/g, "$&\n") };
    expect(await give(broken)).toMatchObject({ outcome: "unchanged" });
    expect(played.data).toHaveProperty("spec");
  });

  it("C82: a signature of the text itself, broken base64 and plugins in their place are removed", async () => {
    const text = String(good["machines"]);
    const wrong = [
      { machines: text, signature: signatureOf(Buffer.from(text), seed) },
      { ...good, machines: `${text}!` },
      packed("plugins", [entry("web")], seed),
    ];
    for (const specification of wrong) {
      const { give, played, drop } = installing(machines, { public_key: publicKey });
      expect(await give(specification)).toMatchObject({ outcome: "error", fire: "fail" });
      expect(played.data).toEqual({});
      expect(readdirSync(drop)).toEqual(["installer"]);
    }
  });

  it("C82: a key of the config goes before that of the property", async () => {
    const other = createKeyPair();
    const believed = installing(machines, { public_key: other.publicKey }, { signingKey: publicKey });
    expect(await believed.give(good)).toMatchObject({ outcome: "updated" });
    const refused = installing(machines, { public_key: publicKey }, { signingKey: other.publicKey });
    expect(await refused.give(good)).toMatchObject({ outcome: "error" });
    expect(refused.played.data).toEqual({});
  });
});
