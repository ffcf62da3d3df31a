/** The exec watcher with a governor, as two daemons run it on each engine; commands end when the test says so. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBus } from "../../../src/events/bus.ts";
import type { CommandEnd, CommandRequest, CommandResult, CommandRunner } from "../../../src/exec/command.ts";
import type { SemaphoreStatus } from "../../../src/kv/semaphore.ts";
import type { Store } from "../../../src/kv/store.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { listGovernors, makeGovernor } from "../../../src/machine/governor-bucket.ts";
import { storeGovernors } from "../../../src/machine/governors.ts";
import { exec } from "../../../watchers/exec.ts";
import { eachTime, embedded, onServers } from "../../kv/leases/engines.ts";
import { PlayedWatcher, type Surroundings } from "../harness.ts";

/** Commands that run until the test ends them, or until they are stopped as real ones are. */
class HeldCommands implements CommandRunner {
  readonly baseEnvironment = {};
  readonly begun: string[] = [];
  readonly #ends: ((end: CommandEnd) => void)[] = [];
  #onBegin: () => void = () => undefined;

  run({ argv, disown }: CommandRequest, signal: AbortSignal): Promise<CommandResult> {
    return new Promise((resolve) => {
      const end = (how: CommandEnd): void =>
        resolve({ end: how, stdout: "", stdoutComplete: true, output: "", durationMs: 0 });
      if (!disown) signal.addEventListener("abort", () => end({ how: "stopped" }), { once: true });
      this.#ends.push(end);
      this.begun.push(argv.join(" "));
      this.#onBegin();
    });
  }

  /** Resolves when so many have begun. */
  async began(count: number): Promise<void> {
    while (this.begun.length < count) {
      await new Promise<void>((resolve) => {
        this.#onBegin = resolve;
      });
    }
  }

  /** Ends the one that began first of those that run. */
  end(code = 0): void {
    this.#ends.shift()?.({ how: "exited", code });
  }
}

describe.each([...embedded.slice(0, 1), onServers("old"), onServers("current")])(
  "exec with a governor on $name",
  ({ start }) => {
    const hosts = eachTime(start);
    let workDirectory: string;
    beforeEach(async () => {
      workDirectory = await mkdtemp(join(tmpdir(), "machinist-governed-"));
    });
    afterEach(() => rm(workDirectory, { recursive: true }));

    /** One watcher on one host. */
    const play = (
      store: Store,
      commands: HeldCommands,
      properties: object = {},
      more: Surroundings = {},
    ): PlayedWatcher => {
      const { clock } = hosts();
      const bus = createBus(silentLogger);
      const governors = storeGovernors({ store, clock, bus, log: silentLogger, identity: "host" });
      const whole = { command: "./a", governor: "deploys", ...properties };
      return new PlayedWatcher(exec, whole, { commands, governors, machine: { workDirectory }, ...more });
    };

    const only = async (): Promise<SemaphoreStatus> => {
      const [first] = await listGovernors(hosts().second);
      if (!first) throw new Error("there is no governor");
      return first;
    };
    const holders = async (): Promise<readonly string[]> => (await only()).holders.map(({ owner }) => owner);

    /** Lets time go by until it is settled. */
    const settled = async <Result>(promise: Promise<Result>): Promise<Result> => {
      let done = false;
      const over = (): void => {
        done = true;
      };
      promise.then(over, over);
      while (!done) await hosts().elapse(20);
      return promise;
    };

    it("C85: of two hosts one runs, the other runs when it has ended; afterwards all slots are free", async () => {
      const { first, second, elapse } = hosts();
      await makeGovernor(first, "deploys", { capacity: 1 });
      const commands = new HeldCommands();
      const one = play(first, commands, { command: "./one" }).look();
      await settled(commands.began(1));
      const other = play(second, commands, { command: "./other" }).look();
      await elapse(200);
      expect(commands.begun).toEqual(["./one"]);
      expect(await holders()).toEqual(["deploy#w @ host"]);
      commands.end();
      expect(await settled(one)).toMatchObject({ outcome: "success", fire: "success" });
      await settled(commands.began(2));
      expect(await holders()).toEqual(["deploy#w @ host"]);
      commands.end(3);
      expect(await settled(other)).toMatchObject({ outcome: "error", fire: "fail", completedRun: true });
      expect(await holders()).toEqual([]);
    });

    it("C85: who waits longer than governor_timeout fails, and runs nothing", async () => {
      const { first, second } = hosts();
      await makeGovernor(first, "deploys", { capacity: 1 });
      const commands = new HeldCommands();
      const one = play(first, commands).look();
      await settled(commands.began(1));
      const other = play(second, commands, { governor_timeout: "1s" });
      const observation = await settled(other.look());
      expect(observation).toMatchObject({
        outcome: "error",
        fire: "fail",
        announce: true,
        error:
          "command `./a`: governor deploys had no free slot within 1s; `machinist governor view deploys` shows who has them",
      });
      expect(observation.completedRun).toBeUndefined();
      expect(commands.begun).toHaveLength(1);
      commands.end();
      await settled(one);
    });

    it("who turned inactive while waiting leaves the line, and runs nothing", async () => {
      const { first, second, elapse } = hosts();
      await makeGovernor(first, "deploys", { capacity: 1 });
      const commands = new HeldCommands();
      const one = play(first, commands).look();
      await settled(commands.began(1));
      const other = play(second, commands);
      const looking = other.look();
      await elapse(100);
      other.leaving.abort();
      const observation = await settled(looking);
      expect(observation).toMatchObject({ outcome: "skipped" });
      expect([observation.fire, observation.announce, observation.error]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      commands.end();
      await settled(one);
      await elapse(100);
      expect(commands.begun).toHaveLength(1);
      expect(await holders()).toEqual([]);
    });

    it("a machine that stops gives up waiting", async () => {
      const { first, second, elapse } = hosts();
      await makeGovernor(first, "deploys", { capacity: 1 });
      const commands = new HeldCommands();
      const one = play(first, commands).look();
      await settled(commands.began(1));
      const stop = new AbortController();
      const looking = play(second, commands).look("entered", stop.signal);
      await elapse(100);
      stop.abort();
      expect((await settled(looking)).outcome).toBe("skipped");
      commands.end();
      await settled(one);
      expect(commands.begun).toHaveLength(1);
    });

    it("a machine that stops gives its slot back with its command", async () => {
      const { first } = hosts();
      await makeGovernor(first, "deploys", { capacity: 1 });
      const commands = new HeldCommands();
      const stop = new AbortController();
      const looking = play(first, commands).look("entered", stop.signal);
      await settled(commands.began(1));
      stop.abort();
      expect((await settled(looking)).outcome).toBe("skipped");
      expect(await holders()).toEqual([]);
    });

    it("a command whose slot is lost is stopped, and that is an error", async () => {
      const { first } = hosts();
      const { governor } = await makeGovernor(first, "deploys", { capacity: 1, ttlMs: 1000 });
      const commands = new HeldCommands();
      const looking = play(first, commands).look();
      await settled(commands.began(1));
      expect(await governor.evict("deploys.1")).toBe(true);
      const observation = await settled(looking);
      expect(observation).toMatchObject({ outcome: "error", fire: "fail", announce: true });
      expect(observation.error).toMatch(
        /^command `\.\/a`: lost its slot of governor deploys: .*somebody removed it/,
      );
      expect(observation.completedRun).toBeUndefined();
    });

    it("a disowned command keeps its slot until it ends, also when its machine has stopped", async () => {
      const { first, second, elapse } = hosts();
      await makeGovernor(first, "deploys", { capacity: 1 });
      const commands = new HeldCommands();
      const stop = new AbortController();
      const looking = play(first, commands, { disown: true }).look("entered", stop.signal);
      await settled(commands.began(1));
      stop.abort();
      expect((await settled(looking)).outcome).toBe("skipped");
      const other = play(second, commands).look();
      await elapse(200);
      expect(commands.begun).toHaveLength(1);
      expect(await holders()).toHaveLength(1);
      commands.end();
      await settled(commands.began(2));
      commands.end();
      expect(await settled(other)).toMatchObject({ outcome: "success" });
    });

    it("a disowned command that loses its slot runs on, and counts as it ends", async () => {
      const { first, elapse } = hosts();
      const { governor } = await makeGovernor(first, "deploys", { capacity: 1, ttlMs: 1000 });
      const commands = new HeldCommands();
      const looking = play(first, commands, { disown: true }).look();
      await settled(commands.began(1));
      await governor.evict("deploys.1");
      await elapse(500);
      commands.end();
      expect(await settled(looking)).toMatchObject({ outcome: "success", completedRun: true });
    });
  },
);

describe.each(embedded.slice(0, 1))("exec with a governor on $name", ({ start }) => {
  const hosts = eachTime(start);

  it("the name may hold templates; one that nobody made is an error that says how to", async () => {
    const { first, clock } = hosts();
    const commands = new HeldCommands();
    const bus = createBus(silentLogger);
    const governors = storeGovernors({ store: first, clock, bus, log: silentLogger, identity: "host" });
    const governor = 'deploys_{{ lookup "facts.location" "all" }}_{{ lookup "data.tier" "x" }}';
    const played = new PlayedWatcher(
      exec,
      { command: "./a", governor },
      { commands, governors, facts: () => ({ location: "fra" }), data: { tier: "web" } },
    );
    expect(await played.look()).toMatchObject({
      outcome: "error",
      fire: "fail",
      error:
        'command `./a`: there is no governor "deploys_fra_web"; make it with `machinist governor add deploys_fra_web CAPACITY`',
    });
    expect(commands.begun).toEqual([]);
  });

  it.each([
    [undefined, 300_000],
    ["0", 300_000],
    ["90s", 90_000],
  ])("governor_timeout %s is %i ms", async (governor_timeout, timeoutMs) => {
    const asked: unknown[] = [];
    const governors = {
      enter: async (request: object) => {
        asked.push(request);
        throw new Error("not here");
      },
    };
    const properties = { command: "./a", governor: "deploys", ...(governor_timeout && { governor_timeout }) };
    await new PlayedWatcher(exec, properties, { governors }).look();
    expect(asked).toEqual([{ governor: "deploys", machine: "deploy", watcher: "w", timeoutMs }]);
  });
});
