import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseYaml } from "../../src/definition/parse.ts";
import { createKeyPair } from "../../src/lib/ed25519.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { plugins } from "../../watchers/plugins.ts";
import { accepts, faultsOf } from "./harness.ts";
import { dropDirectory, entry, installing, packed, packedText } from "./installing.ts";

function managerOf(drop: string, directory: string): unknown {
  const file = join(drop, directory, "machine.yaml");
  return parseYaml(readFileSync(file), { file });
}

describe("plugins: properties", () => {
  it("accepts what Choria documents, empty texts included", () => {
    for (const more of [
      {},
      { purge_unknown: true, plugin_manage_interval: "1m", manager_machine_prefix: "plugin" },
      { public_key: "", plugins_directory: "", manager_machine_prefix: "", plugin_manage_interval: "0" },
      { plugins_directory: "/opt/plugins", public_key: "A".repeat(64) },
    ]) {
      expect(accepts(plugins, { data_item: "spec", ...more }), JSON.stringify(more)).toBe(true);
    }
    expect(accepts(plugins, {})).toBe(false);
    expect(accepts(plugins, { data_item: "" })).toBe(false);
    expect(accepts(plugins, { data_item: "spec", machine_manage_interval: "1m" })).toBe(false);
  });

  it("refuses a plugins_directory that is no absolute path", () => {
    expect(faultsOf(plugins, { data_item: "spec", plugins_directory: "plugins" })).toEqual([
      {
        path: ["properties", "plugins_directory"],
        message: 'plugins_directory "plugins" is no absolute path; write one, such as /opt/plugins',
      },
    ]);
    expect(faultsOf(plugins, { data_item: "spec", plugins_directory: "/opt/plugins" })).toEqual([]);
  });

  it("C82: a prefix with _ is refused, and what else could be no part of a name", () => {
    const message = (prefix: string) =>
      faultsOf(plugins, { data_item: "spec", manager_machine_prefix: prefix }).map((fault) => fault.message);
    expect(message("plugin_foo")).toEqual([
      'manager_machine_prefix "plugin_foo" is none; use A-Z a-z 0-9 -, a letter first, and no _, which ends it in the names of managers',
    ]);
    for (const prefix of ["../x", "a/b", ".x", "1x", " "]) expect(message(prefix), prefix).toHaveLength(1);
    expect(message("plugin-2")).toEqual([]);
  });

  it("a key that is none, a relative directory and too short an interval are faults; an empty key is a warning", () => {
    const faults = (more: JsonObject) =>
      faultsOf(plugins, { data_item: "spec", ...more }).map(({ path, severity }) => [path.at(-1), severity]);
    expect(faults({ public_key: "abc" })).toEqual([["public_key", undefined]]);
    expect(faults({ public_key: "" })).toEqual([["public_key", "warning"]]);
    expect(faults({ plugins_directory: "plugins" })).toEqual([["plugins_directory", undefined]]);
    expect(faults({ plugin_manage_interval: "9999ms" })).toEqual([["plugin_manage_interval", undefined]]);
    expect(faults({ plugin_manage_interval: "10s" })).toEqual([]);
  });
});

describe("plugins: managers", () => {
  it("one for each entry, complete, readable by nobody else, written once", async () => {
    const { drop, give } = installing(plugins);
    const specification = packed("plugins", [
      entry("web", { username: "u", password: "p: '\"{x}# é \u0085", governor: "G" }),
      entry("db", { match: "" }),
    ]);
    expect(await give(specification)).toEqual({
      outcome: "updated",
      fire: "success",
      announce: true,
      detail: { plugins: ["web", "db"], previous_outcome: "updated", previous_run_time: 0 },
    });
    expect(readdirSync(drop).sort()).toEqual(["installer", "mm_db", "mm_web"]);
    expect(managerOf(drop, "mm_web")).toEqual({
      name: "mm_web",
      version: "1.0.0",
      initial_state: "MANAGE",
      transitions: [
        { name: "enter_maintenance", from: ["MANAGE"], destination: "MAINTENANCE" },
        { name: "resume", from: ["MAINTENANCE"], destination: "MANAGE" },
      ],
      watchers: [
        {
          name: "download",
          type: "archive",
          interval: "2m",
          state_match: ["MANAGE"],
          properties: {
            source: "https://files.example/web.tgz",
            checksum: "a".repeat(64),
            verify: "SHA256SUMS",
            verify_checksum: "b".repeat(64),
            creates: "web",
            target: drop,
            username: "u",
            password: "p: '\"{x}# é \u0085",
            governor: "G",
          },
        },
      ],
    });
    expect(readdirSync(join(drop, "mm_web"))).toEqual(["machine.yaml"]);
    expect(statSync(join(drop, "mm_web")).mode & 0o777).toBe(0o700);
    expect(statSync(join(drop, "mm_web", "machine.yaml")).mode & 0o777).toBe(0o600);

    const { ino } = statSync(join(drop, "mm_web", "machine.yaml"));
    expect(await give(specification)).toMatchObject({ outcome: "unchanged", announce: false });
    expect(statSync(join(drop, "mm_web", "machine.yaml")).ino).toBe(ino);
    expect(readFileSync(join(drop, "mm_web", "machine.yaml"), "latin1")).not.toMatch(/[^\n -~]/);
  });

  it("are written again when they differ, after half a write too, and only they", async () => {
    const { drop, give } = installing(plugins);
    await give(packed("plugins", [entry("web"), entry("db")]));
    const kept = statSync(join(drop, "mm_db", "machine.yaml")).ino;
    writeFileSync(join(drop, "mm_web", "machine.yaml"), "name: other\n");
    writeFileSync(join(drop, "mm_web", ".machine.yaml"), "na");
    expect(await give(packed("plugins", [entry("web"), entry("db")]))).toMatchObject({
      outcome: "updated",
      fire: "success",
    });
    expect(managerOf(drop, "mm_web")).toMatchObject({ name: "mm_web" });
    expect(statSync(join(drop, "mm_db", "machine.yaml")).ino).toBe(kept);
    expect(readdirSync(join(drop, "mm_web"))).toEqual(["machine.yaml"]);
  });

  it("have a prefix and a target of their own, and lie beside the machine all the same", async () => {
    const managed = dropDirectory();
    const { drop, give } = installing(plugins, {
      plugins_directory: managed,
      manager_machine_prefix: "plugin",
    });
    await give(packed("plugins", [entry("web")]));
    expect(readdirSync(drop).sort()).toEqual(["installer", "plugin_web"]);
    expect(managerOf(drop, "plugin_web")).toMatchObject({
      name: "plugin_web",
      watchers: [{ properties: { target: managed } }],
    });
    expect(readdirSync(managed)).toEqual(["installer"]);
  });

  it("of a machine that is a single file lie beside that file", async () => {
    const drop = dropDirectory();
    const { give } = installing(plugins, {}, { machine: { directory: drop } });
    await give(packed("plugins", [entry("web")]));
    expect(managerOf(drop, "mm_web")).toMatchObject({ watchers: [{ properties: { target: drop } }] });
  });

  it("that cannot be written are said, and keep no other from being written", async () => {
    const { drop, give } = installing(plugins);
    const elsewhere = dropDirectory();
    symlinkSync(elsewhere, join(drop, "mm_web"));
    expect(await give(packed("plugins", [entry("web"), entry("db")]))).toMatchObject({
      outcome: "error",
      fire: "fail",
      error: `manager of web: ${join(drop, "mm_web")} is no directory, expected that of a manager; remove it`,
    });
    expect(managerOf(drop, "mm_db")).toMatchObject({ name: "mm_db" });
    expect(readdirSync(elsewhere)).toEqual(["installer"]);
  });
});

describe("plugins: match", () => {
  it("decides by identity, files, directories, commands and facts", async () => {
    const { drop, give } = installing(plugins, {}, { facts: () => ({ os: { family: "debian" } }) });
    const file = join(drop, "installer", "machine.yaml");
    const yes = [
      "identity('^host[.]')",
      `has_file('${file}') && has_directory('${drop}')`,
      "has_command('sh') and not has_command('machinist-no-such-command')",
      "get_fact('os.family') == 'debian'",
      "get_fact('os.none') == nil",
    ];
    const no = [
      "identity('^web')",
      "has_file('/nonexistent')",
      `has_directory('${file}')`,
      `has_command('${file}')`,
      "get_fact('os.family') == 'redhat'",
    ];
    const entries = [
      ...yes.map((match, at) => entry(`yes${at}`, { match })),
      ...no.map((match, at) => entry(`no${at}`, { match })),
    ];
    expect(await give(packed("plugins", entries))).toMatchObject({ outcome: "updated" });
    expect(
      readdirSync(drop)
        .filter((name) => name !== "installer")
        .sort(),
    ).toEqual(yes.map((_, at) => `mm_yes${at}`));
  });

  it("that cannot be told leaves its entry as it is, also in a purge, and says so", async () => {
    const { drop, give } = installing(plugins, { purge_unknown: true });
    await give(packed("plugins", [entry("old")]));
    const broken = ["identity('(')", "1 + 1", "nonsense('x')", "identity(", "has_file(1)"];
    for (const match of broken) {
      const seen = await give(packed("plugins", [entry("old", { match }), entry("new", { match })]));
      expect(seen, match).toMatchObject({ outcome: "unchanged" });
      expect(seen.fire).toBeUndefined();
      expect(seen.error).toMatch(
        /^entry old is left as it is, its match cannot be told: .*; entry new is left/,
      );
    }
    expect(readdirSync(drop).sort()).toEqual(["installer", "mm_old"]);
  });

  it("chooses between entries of one name; of two that match the first is used, and that is said", async () => {
    const { drop, give } = installing(plugins);
    const variants = [
      entry("web", { match: "identity('^db')", source: "https://files.example/db.tgz" }),
      entry("web", { match: "identity('^host')", source: "https://files.example/host.tgz" }),
    ];
    const seen = await give(packed("plugins", variants));
    expect(seen.error).toBeUndefined();
    const properties = { source: "https://files.example/host.tgz" };
    expect(managerOf(drop, "mm_web")).toMatchObject({ watchers: [{ properties }] });
    expect(await give(packed("plugins", [...variants, entry("web")]))).toMatchObject({
      outcome: "unchanged",
      error: "entry web is there twice: only the first is used",
    });
  });
});

describe("plugins: signatures", () => {
  const { seed, publicKey } = createKeyPair();
  const other = createKeyPair();
  const good = packed("plugins", [entry("web")], seed);
  const text = String(good["plugins"]);

  it("C82: unsigned is believed without a key, and so is a signature that nobody checks", async () => {
    const { give } = installing(plugins);
    expect(await give(packed("plugins", [entry("web")]))).toMatchObject({ outcome: "updated" });
    expect(await give({ ...good, signature: "x" })).toMatchObject({ outcome: "unchanged" });
  });

  it("C82: signed by the key is believed", async () => {
    const { give, played } = installing(plugins, { public_key: publicKey.toUpperCase() });
    expect(await give(good)).toMatchObject({ outcome: "updated", fire: "success" });
    expect(played.data).toEqual({ spec: good });
  });

  it.each<[string, unknown, string]>([
    ["without a signature", { plugins: text }, "it has no signature"],
    ["with an empty signature", { ...good, signature: "" }, "it has no signature"],
    ["that is no object", "text", "it has no signature"],
    [
      "with a signature that is no hex",
      { ...good, signature: "x" },
      "its signature is not one of the configured key over this content",
    ],
    [
      "with half a signature",
      { ...good, signature: String(good["signature"]).slice(0, 64) },
      "its signature is not one of the configured key over this content",
    ],
    [
      "with a signature that is no text",
      { ...good, signature: 12 },
      "its signature is not one of the configured key over this content",
    ],
    [
      "with one bit of its signature changed",
      { ...good, signature: flipped(String(good["signature"])) },
      "its signature is not one of the configured key over this content",
    ],
    [
      "signed by another key",
      packed("plugins", [entry("web")], other.seed),
      "its signature is not one of the configured key over this content",
    ],
    [
      "with one more entry",
      { ...good, plugins: packed("plugins", [entry("web"), entry("evil")])["plugins"] },
      "its signature is not one of the configured key over this content",
    ],
    [
      "with the same entries in other text",
      { ...good, plugins: `${text}\n` },
      "its signature is not one of the configured key over this content",
    ],
    [
      "signed as machines are",
      packed("machines", [entry("web")], seed),
      "it has no text plugins; write what `machinist plugins pack` makes",
    ],
    [
      "signed over the decoded list",
      { plugins: text, signature: packed("machines", [entry("web")], seed)["signature"] },
      "its signature is not one of the configured key over this content",
    ],
  ])(
    "C82: %s: the data item is removed, nothing is installed, the look fails",
    async (_, specification, reason) => {
      const { drop, give, played } = installing(plugins, { public_key: publicKey, purge_unknown: true });
      await give(good);
      expect(await give(specification)).toEqual({
        outcome: "error",
        fire: "fail",
        patch: { spec: undefined },
        announce: true,
        detail: { plugins: ["web"], previous_outcome: "error", previous_run_time: 0 },
        error: `data item spec is not to be trusted and was removed: ${reason}`,
      });
      expect(played.data).toEqual({});
      expect(readdirSync(drop).sort()).toEqual(["installer", "mm_web"]);
      expect(await played.look()).toMatchObject({
        outcome: "error",
        error: "there is no data item spec yet",
      });
    },
  );

  it("C82: a key of the config goes before that of the property", async () => {
    const believed = installing(plugins, { public_key: other.publicKey }, { signingKey: publicKey });
    expect(await believed.give(good)).toMatchObject({ outcome: "updated" });
    const refused = installing(plugins, {}, { signingKey: other.publicKey });
    expect(await refused.give(good)).toMatchObject({ outcome: "error" });
    expect(refused.played.data).toEqual({});
  });
});

/** The last bit of hex text changed. */
function flipped(hex: string): string {
  return hex.slice(0, -1) + (Number.parseInt(hex.slice(-1), 16) ^ 1).toString(16);
}

describe("plugins: what is no specification", () => {
  it.each<[string, unknown, string]>([
    ["a text", "x", "it has no text plugins; write what `machinist plugins pack` makes"],
    [
      "plugins that are a list",
      { plugins: [] },
      "it has no text plugins; write what `machinist plugins pack` makes",
    ],
    [
      "broken base64",
      { plugins: "W10" },
      "its content is no base64; write what `machinist plugins pack` makes",
    ],
    [
      "broken JSON",
      packedText("plugins", "[{password: x}"),
      "its content is no JSON; expected a JSON list of entries",
    ],
    ["null", packedText("plugins", "null"), "its content is no list; expected a JSON list of entries"],
    ["an object", packedText("plugins", "{}"), "its content is no list; expected a JSON list of entries"],
    ["a list of null", packedText("plugins", "[null]"), "entry 1 is no object"],
  ])("%s is an error and changes nothing, with a purge too", async (_, specification, reason) => {
    const { drop, give, played } = installing(plugins, { purge_unknown: true });
    await give(packed("plugins", [entry("web")]));
    expect(await give(specification)).toMatchObject({
      outcome: "error",
      fire: "fail",
      error: `data item spec: ${reason}`,
    });
    expect(played.data).toHaveProperty("spec");
    expect(readdirSync(drop).sort()).toEqual(["installer", "mm_web"]);
  });

  it.each([
    "../evil",
    "..",
    ".",
    "/etc/cron.d/x",
    "a/b",
    "a\\b",
    ".hidden",
    "-rf",
    "1st",
    "a b",
    "a\nb",
    "a\u0000b",
    "é",
    "web\n",
    "x".repeat(101),
    "tmp",
    "web-temp",
    "mm_web",
    "installer",
    "constructor\u0000",
  ])("the name %j makes nothing, nowhere", async (name) => {
    const { drop, give } = installing(plugins, { purge_unknown: true });
    const list = JSON.stringify([entry("good"), entry(name)]);
    expect(await give(packedText("plugins", list))).toMatchObject({ outcome: "error", fire: "fail" });
    expect(readdirSync(drop)).toEqual(["installer"]);
    expect(readFileSync(join(drop, "installer", "machine.yaml"), "utf8")).toBe("name: installer\n");
  });

  it.each<[JsonObject, string]>([
    [{ name: "" }, "entry 1 has no name"],
    [{ name: 5 }, "entry 1: name is no text"],
    [{ source: "" }, "entry 1 (web) has no source"],
    [
      { source: "ftp://x/y" },
      "entry 1 (web): its source is none; write an address that begins with https://, http:// or file://",
    ],
    [
      { source: '{{ lookup "facts.x" "" }}' },
      "entry 1 (web): its source is none; write an address that begins with https://, http:// or file://",
    ],
    [{ checksum: null }, "entry 1 (web) has no checksum"],
    [{ checksum: "abc" }, "entry 1 (web): checksum is no sha256; write 64 hex digits"],
    [{ verify_checksum: "" }, "entry 1 (web) has no verify_checksum"],
    [{ password: "x".repeat(4097) }, "entry 1 (web): password is longer than 4096 characters"],
    [{ username: "me" }, "entry 1 (web) has a username and no password; write both or none"],
    [
      { username: "me", password: "secret {{ nonsense" },
      "entry 1 (web): password is no valid template; correct what stands in {{ }}",
    ],
  ])("an entry with %j is refused, its password never shown", async (more, reason) => {
    const { give } = installing(plugins);
    const seen = await give(packedText("plugins", JSON.stringify([entry("web", more)])));
    expect(seen).toMatchObject({ outcome: "error", error: `data item spec: ${reason}` });
  });

  it("sources and checksums may be templates, and other keys are let be", async () => {
    const { give } = installing(plugins);
    const more = {
      source: 'https://{{ lookup "facts.host" "x" }}/web.tgz',
      checksum: '{{ lookup "facts.sum" "x" }}',
      verify: "SHA256SUMS",
    };
    expect(
      await give(packed("plugins", [entry("web", more), entry("db", { source: "file:///srv/db.tgz" })])),
    ).toMatchObject({
      outcome: "updated",
    });
  });
});

describe("plugins: purge", () => {
  it("sets the manager aside, removes what it managed when that surely runs no more, and is over when it stays away", async () => {
    const { drop, give, played } = installing(plugins, { purge_unknown: true });
    const web = packed("plugins", [entry("web")]);
    await give(packed("plugins", [entry("web"), entry("old")]));
    mkdirSync(join(drop, "old", "deep"), { recursive: true });
    writeFileSync(join(drop, "old", "deep", "file"), "x");

    expect(await give(web)).toMatchObject({ outcome: "unchanged", lookAgainInMs: 15_000 });
    expect(readdirSync(drop).sort()).toEqual([".mm_old", "installer", "mm_web", "old"]);
    await played.clock.advance(14_999);
    expect(await give(web)).toMatchObject({ outcome: "unchanged", lookAgainInMs: 1 });
    expect(existsSync(join(drop, "old", "deep", "file"))).toBe(true);

    await played.clock.advance(1);
    expect(await give(web)).toMatchObject({ outcome: "unchanged", lookAgainInMs: 15_000 });
    expect(readdirSync(drop).sort()).toEqual([".mm_old", "installer", "mm_web"]);

    await played.clock.advance(15_000);
    const last = await give(web);
    expect(last).toMatchObject({ outcome: "updated", fire: "success", announce: true });
    expect(last.lookAgainInMs).toBeUndefined();
    expect(readdirSync(drop).sort()).toEqual(["installer", "mm_web"]);
    expect(await give(web)).toMatchObject({ outcome: "unchanged" });
  });

  it("removes again what a manager that ended late made again", async () => {
    const { drop, give, played } = installing(plugins, { purge_unknown: true });
    await give(packed("plugins", [entry("old")]));
    const none = packed("plugins", []);
    await give(none);
    mkdirSync(join(drop, "old"));
    await played.clock.advance(15_000);
    await give(none);
    mkdirSync(join(drop, "old"));
    await played.clock.advance(15_000);
    expect(await give(none)).toMatchObject({ outcome: "unchanged" });
    expect(existsSync(join(drop, "old"))).toBe(false);
    await played.clock.advance(15_000);
    expect(await give(none)).toMatchObject({ outcome: "updated" });
    expect(readdirSync(drop)).toEqual(["installer"]);
  });

  it("goes on after a crash at any step", async () => {
    const { drop, give, played } = installing(plugins, { purge_unknown: true });
    await give(packed("plugins", [entry("old")]));
    mkdirSync(join(drop, "old"));
    const none = packed("plugins", []);
    for (let step = 0; step < 2; step += 1) {
      played.restart();
      expect(await give(none)).toMatchObject({ outcome: "unchanged", lookAgainInMs: 15_000 });
      await played.clock.advance(15_000);
      await give(none);
    }
    expect(readdirSync(drop)).toEqual(["installer"]);
  });

  it("an entry that comes back before the end keeps what is installed", async () => {
    const { drop, give, played } = installing(plugins, { purge_unknown: true });
    const old = packed("plugins", [entry("old")]);
    await give(old);
    mkdirSync(join(drop, "old"));
    await give(packed("plugins", []));
    await played.clock.advance(10_000);
    expect(await give(old)).toMatchObject({ outcome: "updated" });
    await played.clock.advance(60_000);
    expect(await give(old)).toMatchObject({ outcome: "unchanged" });
    expect(readdirSync(drop).sort()).toEqual(["installer", "mm_old", "old"]);
  });

  it("finds managers beside the machine when plugins have a directory of their own", async () => {
    const managed = dropDirectory();
    const { drop, give, played } = installing(plugins, { purge_unknown: true, plugins_directory: managed });
    await give(packed("plugins", [entry("old")]));
    mkdirSync(join(managed, "old"));
    mkdirSync(join(managed, "mm_other"));
    const none = packed("plugins", []);
    for (let step = 0; step < 3; step += 1) {
      await give(none);
      await played.clock.advance(15_000);
    }
    expect(readdirSync(drop)).toEqual(["installer"]);
    expect(readdirSync(managed).sort()).toEqual(["installer", "mm_other"]);
  });

  it("an entry that no longer matches goes too; other prefixes, files, links, names that lead elsewhere and the machine itself stay", async () => {
    const drop = dropDirectory();
    mkdirSync(join(drop, "mm_self"));
    writeFileSync(join(drop, "mm_self", "machine.yaml"), "name: self\n");
    const { give, played } = installing(
      plugins,
      { purge_unknown: true },
      { machine: { directory: join(drop, "mm_self") } },
    );
    mkdirSync(join(drop, "other_x"));
    for (const name of ["mm_", "mm_.", "mm_..", "mm_a b", ".mm_.."]) mkdirSync(join(drop, name));
    writeFileSync(join(drop, "mm_file"), "");
    symlinkSync(join(drop, "other_x"), join(drop, "mm_link"));
    await give(packed("plugins", [entry("gone")]));
    const unmatched = packed("plugins", [entry("gone", { match: "identity('^no')" })]);
    for (let step = 0; step < 3; step += 1) {
      await give(unmatched);
      await played.clock.advance(15_000);
    }
    expect(readdirSync(drop).sort()).toEqual([
      ".mm_..",
      "installer",
      "mm_",
      "mm_.",
      "mm_..",
      "mm_a b",
      "mm_file",
      "mm_link",
      "mm_self",
      "other_x",
    ]);
    expect(lstatSync(join(drop, "mm_link")).isSymbolicLink()).toBe(true);
  });

  it("never removes the machine itself, however a manager of its name came there", async () => {
    const { drop, give, played } = installing(plugins, { purge_unknown: true });
    mkdirSync(join(drop, "mm_installer"));
    const none = packed("plugins", []);
    for (let step = 0; step < 3; step += 1) {
      await give(none);
      await played.clock.advance(15_000);
    }
    expect(readdirSync(drop)).toEqual(["installer"]);
  });

  it("a link in place of what was installed is removed, not what it leads to", async () => {
    const { drop, give, played } = installing(plugins, { purge_unknown: true });
    const precious = dropDirectory();
    await give(packed("plugins", [entry("old")]));
    symlinkSync(precious, join(drop, "old"));
    for (let step = 0; step < 3; step += 1) {
      await give(packed("plugins", []));
      await played.clock.advance(15_000);
    }
    expect(readdirSync(drop)).toEqual(["installer"]);
    expect(readdirSync(precious)).toEqual(["installer"]);
  });

  it("without purge_unknown nothing is removed", async () => {
    const { drop, give, played } = installing(plugins);
    await give(packed("plugins", [entry("old")]));
    await played.clock.advance(60_000);
    expect(await give(packed("plugins", []))).toMatchObject({ outcome: "unchanged" });
    expect(readdirSync(drop).sort()).toEqual(["installer", "mm_old"]);
  });
});
