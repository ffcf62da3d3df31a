import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import type { Observation } from "../../src/watching/watcher.ts";
import { file } from "../../watchers/file.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { accepts, faultsOf, PlayedWatcher, type Surroundings } from "./harness.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "machinist-file-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string): string => join(directory, name);
const write = (name: string, text: string): void => writeFileSync(at(name), text);

function play(properties: object, surroundings: Surroundings = {}): PlayedWatcher {
  return new PlayedWatcher(file, properties, { machine: { directory }, ...surroundings });
}

/** What an observation tells the world, in short. */
function told({ outcome, fire, announce }: Observation): string {
  return `${outcome}${fire === undefined ? "" : ` ${JSON.stringify(fire)}`}${announce ? " announced" : ""}`;
}

const changed = 'changed "success" announced';
const failed = 'error "fail" announced';

/** A clock that runs far ahead of the file system's: by it, no file was touched just now. */
const hourLater = (): SimulatedClock => new SimulatedClock(Date.now() + 3_600_000);

describe("file: properties", () => {
  const managed = { path: "f", contents: "x", owner: "root", group: "root", mode: "0644" };

  it("accepts the documented examples", () => {
    const { contents, ...rest } = managed;
    for (const properties of [
      { path: "settings.json" },
      { path: "/etc/motd", gather_initial_state: true },
      managed,
      { ...rest, content: contents },
      { ...managed, mode: "644" },
      {
        ...managed,
        owner: "0",
        group: '{{ lookup "data.group" "adm" }}',
        mode: '{{ lookup "data.mode" "0600" }}',
      },
    ]) {
      expect(accepts(file, properties), JSON.stringify(properties)).toBe(true);
      expect(faultsOf(file, properties)).toEqual([]);
    }
  });

  it("refuses a missing or empty path and unknown keys", () => {
    for (const properties of [{}, { path: "" }, { path: "f", pth: "g" }]) {
      expect(accepts(file, properties), JSON.stringify(properties)).toBe(false);
    }
  });

  it.each(["owner", "group", "mode"])("C69: contents without %s are refused", (name) => {
    expect(faultsOf(file, { ...managed, [name]: undefined })).toEqual([
      {
        path: ["properties", name],
        message: `contents needs ${name} too: who writes a file says whose it is and who may read it`,
      },
    ]);
  });

  it.each(["rw-r--r--", "0x1ff", "888", "12345", "-644", "0o644"])("C69: the mode %s is refused", (mode) => {
    expect(faultsOf(file, { ...managed, mode })).toEqual([
      {
        path: ["properties", "mode"],
        message: `"${mode}" is no file mode; write octal digits, for example "0644"`,
      },
    ]);
  });

  it("refuses contents beside content, and broken templates at their place", () => {
    expect(faultsOf(file, { ...managed, content: "y" })).toEqual([
      {
        path: ["properties", "content"],
        message: "contents and content are two names of one property; remove one of them",
      },
    ]);
    const broken = { ...managed, contents: "{{ lookup", mode: "{{ nothing }}" };
    expect(faultsOf(file, broken).map(({ path }) => path)).toEqual([
      ["properties", "contents"],
      ["properties", "mode"],
    ]);
  });

  it("warns of an owner without contents, and takes empty contents for none, as Choria does", () => {
    expect(faultsOf(file, { path: "f", contents: "", owner: "root" })).toEqual([
      {
        path: ["properties", "owner"],
        message: "owner is ignored, because there are no contents to write; remove it, or write contents",
        severity: "warning",
      },
    ]);
  });

  it("looks after the interval, 5s at first; gathering looks at once", () => {
    const policy = (properties: object, intervalMs?: number) =>
      file.policy(file.read(properties), intervalMs);
    expect(policy({ path: "f" })).toEqual({ start: "after-interval", entry: "at-once", intervalMs: 5_000 });
    expect(policy({ path: "f", gather_initial_state: true }, 700)).toEqual({
      start: "at-once",
      entry: "at-once",
      intervalMs: 700,
    });
    expect(file.minimumIntervalMs).toBe(500);
    expect(file.initialOutcome).toBe("unknown");
  });
});

describe("file: watching", () => {
  it("C66: the first look at an existing file is a change, the next is none", async () => {
    write("f", "one");
    const played = play({ path: "f" });
    const first = await played.look();
    expect(told(first)).toBe(changed);
    expect(first.detail).toEqual({ path: at("f"), previous_outcome: "unknown" });
    const second = await played.look();
    expect(told(second)).toBe("unchanged");
    expect(second.detail).toEqual({ path: at("f"), previous_outcome: "changed" });
  });

  it("C66: gathered at first, it is unchanged until it holds something else", async () => {
    write("f", "one");
    const played = play({ path: "f", gather_initial_state: true });
    expect(told(await played.look("start"))).toBe("unchanged");
    expect(told(await played.look())).toBe("unchanged");
    write("f", "two");
    expect(told(await played.look())).toBe(changed);
  });

  it("C67: a missing file fires fail and announces at each look; its coming is a change", async () => {
    const played = play({ path: "f", gather_initial_state: true });
    for (let times = 0; times < 2; times++) {
      const look = await played.look();
      expect(told(look)).toBe(failed);
      expect(look.error).toBe(`file ${at("f")}: it is not there`);
    }
    write("f", "one");
    expect(told(await played.look())).toBe(changed);
  });

  it("C67: the same file that comes back is a change", async () => {
    write("f", "one");
    const played = play({ path: "f" });
    await played.look();
    renameSync(at("f"), at("aside"));
    expect(told(await played.look())).toBe(failed);
    renameSync(at("aside"), at("f"));
    expect(told(await played.look())).toBe(changed);
  });

  it("C67: an unreadable path is an error that says why", async () => {
    symlinkSync(at("f"), at("f"));
    const loop = await play({ path: "f" }).look();
    expect(told(loop)).toBe(failed);
    expect(loop.error).toBe(`file ${at("f")}: ELOOP: too many symbolic links encountered, stat '${at("f")}'`);
    write("plain", "");
    expect((await play({ path: "plain/f" }).look()).error).toContain("ENOTDIR");
  });

  it("the same contents with another time are unchanged; other contents with an older time are a change", async () => {
    write("f", "one");
    const played = play({ path: "f" });
    await played.look();
    utimesSync(at("f"), new Date(), new Date(Date.now() + 60_000));
    expect(told(await played.look())).toBe("unchanged");
    write("f", "two");
    utimesSync(at("f"), new Date(1_000), new Date(1_000));
    expect(told(await played.look())).toBe(changed);
  });

  it("other contents of the same size and time are a change", async () => {
    write("f", "one");
    const time = new Date(1_700_000_000_000);
    utimesSync(at("f"), time, time);
    const played = play({ path: "f" }, { clock: hourLater() });
    await played.look();
    write("f", "two");
    utimesSync(at("f"), time, time);
    expect(told(await played.look())).toBe(changed);
    write("other", "six");
    utimesSync(at("other"), time, time);
    renameSync(at("other"), at("f"));
    expect(told(await played.look())).toBe(changed);
  });

  it("what is remembered survives a restart and a time of inactivity", async () => {
    write("f", "one");
    const played = play({ path: "f" });
    await played.look();
    played.restart();
    expect(told(await played.look("resume"))).toBe("unchanged");
    played.enter("B");
    write("f", "two");
    played.enter("A");
    expect(told(await played.look("entered"))).toBe(changed);
  });

  it("a change whose report was lost is reported again", async () => {
    write("f", "one");
    const played = play({ path: "f" });
    expect(told(await played.peek())).toBe(changed);
    played.restart();
    expect(told(await played.look())).toBe(changed);
  });

  it("follows a symbolic link, and sees that it points elsewhere", async () => {
    write("one", "one");
    write("two", "two");
    symlinkSync("one", at("f"));
    const played = play({ path: "f" });
    await played.look();
    write("one", "more");
    expect(told(await played.look())).toBe(changed);
    symlinkSync("two", at("new"));
    renameSync(at("new"), at("f"));
    expect(told(await played.look())).toBe(changed);
  });

  it("an absolute path is taken as it is", async () => {
    write("f", "one");
    const played = play({ path: at("f") }, { machine: { directory: "/nonexistent" } });
    expect((await played.look()).detail).toMatchObject({ path: at("f") });
  });

  it("a directory changes when something in it comes or goes, as in Choria", async () => {
    mkdirSync(at("d"));
    const played = play({ path: "d" });
    expect(told(await played.look())).toBe(changed);
    expect(told(await played.look())).toBe("unchanged");
    utimesSync(at("d"), new Date(), new Date(1_000));
    expect(told(await played.look())).toBe(changed);
  });

  it("a look that is aborted throws, and says nothing of the file", async () => {
    write("f", "one");
    const abort = new AbortController();
    abort.abort(new Error("stopping"));
    await expect(play({ path: "f" }).peek("interval", abort.signal)).rejects.toThrow("stopping");
  });
});

describe("file: managing", () => {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const managed = { path: "f", contents: "hello\n", owner: String(uid), group: String(gid), mode: "0640" };

  function attributes(name: string): { text: string; mode: string; uid: number; gid: number } {
    const stats = statSync(at(name));
    const mode = (stats.mode & 0o7777).toString(8);
    return { text: readFileSync(at(name), "utf8"), mode, uid: stats.uid, gid: stats.gid };
  }

  const right = { text: "hello\n", mode: "640", uid, gid };

  it("C69: creates the file, and leaves it alone then", async () => {
    const played = play(managed);
    expect(told(await played.look())).toBe(changed);
    expect(attributes("f")).toEqual(right);
    const { ino } = statSync(at("f"));
    expect(told(await played.look())).toBe("unchanged");
    expect(statSync(at("f")).ino).toBe(ino);
    expect(readdirSync(directory)).toEqual(["f"]);
  });

  it("C69: a file that is right already is unchanged, also at the start", async () => {
    write("f", "hello\n");
    chmodSync(at("f"), 0o640);
    expect(told(await play(managed).look("start"))).toBe("unchanged");
  });

  it.each([
    ["its contents", () => write("f", "other\n")],
    ["contents of the same size", () => write("f", "HELLO\n")],
    ["its mode", () => chmodSync(at("f"), 0o644)],
    ["a special bit of its mode", () => chmodSync(at("f"), 0o2640)],
    ["its owner", () => chownSync(at("f"), 12_345, gid)],
    ["its group", () => chownSync(at("f"), uid, 12_345)],
    ["its absence", () => rmSync(at("f"))],
  ])("C69: %s differing is mended", async (_, drift) => {
    const played = play(managed, { clock: hourLater() });
    await played.look();
    expect(told(await played.look())).toBe("unchanged");
    drift();
    expect(told(await played.look())).toBe(changed);
    expect(attributes("f")).toEqual(right);
    expect(told(await played.look())).toBe("unchanged");
  });

  it('C69: "644" and "0644" are the same mode', async () => {
    for (const mode of ["644", "0644"]) {
      await play({ ...managed, mode }).look();
      expect(attributes("f").mode).toBe("644");
    }
  });

  it("C69: fills in templates at each look", async () => {
    const properties = {
      path: "f",
      content: 'colour: {{ lookup "data.colour" "none" }}\n',
      owner: '{{ lookup "facts.uid" "1" }}',
      group: `{{ lookup "facts.gid" "1" }}`,
      mode: '{{ lookup "data.mode" "0600" }}',
    };
    const facts = (): JsonObject => ({ uid: String(uid), gid: String(gid) });
    const played = play(properties, { facts });
    await played.look();
    expect(attributes("f")).toEqual({ text: "colour: none\n", mode: "600", uid, gid });
    played.kept.data = { colour: "red", mode: "0644" };
    expect(told(await played.look())).toBe(changed);
    expect(attributes("f")).toEqual({ text: "colour: red\n", mode: "644", uid, gid });
    played.kept.data = { colour: "blue", mode: "secret" };
    const look = await played.look();
    expect(told(look)).toBe(failed);
    expect(look.error).toBe(
      `file ${at("f")}: its mode is no file mode once its template is filled in; write octal digits, for example "0644"`,
    );
    expect(attributes("f").text).toBe("colour: red\n");
  });

  it("takes names of users and groups, and says which is not there", async () => {
    expect(told(await play({ ...managed, owner: "root", group: "root" }).look())).toBe(changed);
    expect(attributes("f")).toMatchObject({ uid: 0, gid: 0 });
    const noUser = await play({ ...managed, owner: "nobody-of-that-name" }).look();
    expect(told(noUser)).toBe(failed);
    expect(noUser.error).toBe(
      `file ${at("f")}: there is no user "nobody-of-that-name" in /etc/passwd; create it, or write the number of the user`,
    );
    const noGroup = await play({ ...managed, group: "nobody-of-that-name" }).look();
    expect(noGroup.error).toBe(
      `file ${at("f")}: there is no group "nobody-of-that-name" in /etc/group; create it, or write the number of the group`,
    );
  });

  it("replaces a symbolic link itself and leaves alone what it points to", async () => {
    // By size and mode the link itself is as the file shall be.
    const target = "precious";
    write(target, "hello...");
    symlinkSync(target, at("f"));
    expect(told(await play({ ...managed, contents: "hello...", mode: "0777" }).look())).toBe(changed);
    expect(lstatSync(at("f")).isFile()).toBe(true);
    write("f", "mine now");
    expect(readFileSync(at(target), "utf8")).toBe("hello...");
  });

  it("what is neither file nor link is not replaced", async () => {
    mkdirSync(at("f"));
    const refused = await play(managed).look();
    expect(told(refused)).toBe(failed);
    expect(refused.error).toBe(
      `file ${at("f")}: something else than a file has that name, and it is not replaced; move it away, or write another path`,
    );
    expect(readdirSync(directory)).toEqual(["f"]);
  });

  it("is not written any more when the machine stops", async () => {
    const reason = new Error("the machine stops");
    await expect(play(managed).look("start", AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("a file in the place of its directory is told as the file system does", async () => {
    write("d", "no directory");
    const look = await play({ ...managed, path: "d/f" }).look();
    expect(told(look)).toBe(failed);
    expect(look.error).toContain(`file ${at("d/f")}: ENOTDIR`);
  });

  it("a directory that is not there is told", async () => {
    const look = await play({ ...managed, path: "no/f" }).look();
    expect(told(look)).toBe(failed);
    expect(look.error).toBe(
      `file ${at("no/f")}: its directory ${at("no")} is not there; create it, or write another path`,
    );
    expect(existsSync(at("no"))).toBe(false);
  });
});

describe("file: hints", () => {
  let abort: AbortController;
  let unfinished: AsyncIterator<void>[];
  beforeEach(() => {
    abort = new AbortController();
    unfinished = [];
  });
  afterEach(async () => {
    abort.abort();
    for (const hints of unfinished) await hints.next();
  });

  function hintsOf({ watcher }: PlayedWatcher): AsyncIterator<void> {
    const hints = watcher.hints?.(abort.signal);
    if (!hints) throw new Error("this watcher gives no hints");
    const iterator = hints[Symbol.asyncIterator]();
    unfinished.push(iterator);
    return iterator;
  }

  const hint = { done: false, value: undefined };

  /** Resolves when the watch is live: a look that began before it is repeated by a hint then. */
  async function watching(played: PlayedWatcher): Promise<AsyncIterator<void>> {
    const hints = hintsOf(played);
    const live = hints.next();
    await played.look();
    expect(await live).toEqual(hint);
    return hints;
  }

  it.each([
    ["writing", () => write("f", "two")],
    [
      "a rename over it",
      () => {
        write("new", "three");
        renameSync(at("new"), at("f"));
      },
    ],
  ])("%s is a hint, and the look that follows sees the change", async (_, change) => {
    write("f", "one");
    const played = play({ path: "f" });
    const hints = await watching(played);
    change();
    expect(await hints.next()).toEqual(hint);
    expect(told(await played.look("hint"))).toBe(changed);
  });

  it("deletion and coming back are hints", async () => {
    write("f", "one");
    const played = play({ path: "f" });
    const hints = await watching(played);
    rmSync(at("f"));
    expect(await hints.next()).toEqual(hint);
    expect(told(await played.look("hint"))).toBe(failed);
    write("f", "one");
    expect(await hints.next()).toEqual(hint);
    expect(told(await played.look("hint"))).toBe(changed);
  });

  it("the first coming of a file is a hint, and its neighbours are not", async () => {
    const played = play({ path: "f" });
    const hints = await watching(played);
    write("neighbour", "x");
    write("f", "one");
    expect(await hints.next()).toEqual(hint);
    expect(told(await played.look("hint"))).toBe(changed);
  });

  it("a neighbour's change is none, also when somebody else is told of it", async () => {
    const hints = await watching(play({ path: "f" }));
    const neighbours = await watching(play({ path: "neighbour" }));
    let isTold = false;
    const next = hints.next().then((result) => {
      isTold = true;
      return result;
    });
    for (const text of ["x", "xx", "xxx"]) {
      write("neighbour", text);
      expect(await neighbours.next()).toEqual(hint);
    }
    expect(isTold).toBe(false);
    write("f", "one");
    expect(await next).toEqual(hint);
  });

  it("a file behind a symbolic link, in a directory behind one", async () => {
    mkdirSync(at("real"));
    mkdirSync(at("far"));
    symlinkSync("real", at("d"));
    write("far/target", "one");
    symlinkSync("../far/target", at("real/f"));
    const played = play({ path: "d/f" });
    const hints = await watching(played);
    write("far/target", "two");
    expect(await hints.next()).toEqual(hint);
    expect(told(await played.look("hint"))).toBe(changed);
  });

  it("a directory that goes is a hint; when a look finds the file again, hints go on", async () => {
    mkdirSync(at("d"));
    write("d/f", "one");
    const played = play({ path: "d/f" });
    const hints = await watching(played);
    rmSync(at("d"), { recursive: true });
    expect(await hints.next()).toEqual(hint);
    expect(told(await played.look("hint"))).toBe(failed);
    await again(played, hints);
  });

  it("hints go on too when the directory was empty as it went", async () => {
    mkdirSync(at("d"));
    const played = play({ path: "d/f" });
    const hints = await watching(played);
    rmSync(at("d"), { recursive: true });
    await again(played, hints);
  });

  it("a directory that is not there yet is no failure; when a look finds the file, hints begin", async () => {
    const played = play({ path: "d/f" });
    await again(played, hintsOf(played));
  });

  /** By now whoever has asked for it knows that the directory is not there. */
  async function absent(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await stat(at("d")).catch(() => undefined);
  }

  /** The directory comes with its file; looks as the interval would, until the watch is live again. */
  async function again(played: PlayedWatcher, hints: AsyncIterator<void>): Promise<void> {
    let isLive = false;
    const live = hints.next().then((result) => {
      isLive = true;
      return result;
    });
    await absent();
    mkdirSync(at("d"));
    write("d/f", "back");
    while (!isLive) await played.look();
    expect(await live).toEqual(hint);
    await played.look("hint");
    write("d/f", "again");
    let next = await hints.next();
    // What the deletion still had to tell may come first.
    while (told(await played.look("hint")) === "unchanged") next = await hints.next();
    expect(next).toEqual(hint);
  }

  it("a file that is managed is mended at once", async () => {
    const uid = String(process.getuid?.() ?? 0);
    const gid = String(process.getgid?.() ?? 0);
    const played = play({ path: "f", contents: "right", owner: uid, group: gid, mode: "0644" });
    const hints = await watching(played);
    write("f", "wrong");
    expect(await hints.next()).toEqual(hint);
    await played.look("hint");
    expect(readFileSync(at("f"), "utf8")).toBe("right");
  });

  it.each(["f", "d/f"])("end with the signal, also while the directory is not there: %s", async (path) => {
    const hints = hintsOf(play({ path }));
    const next = hints.next();
    await absent();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
