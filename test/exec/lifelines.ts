/** Real processes whose start and end a test awaits as events: each holds a connection to the test as long as it lives. */
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";

const program = join(import.meta.dirname, "fixtures", "living.mjs");

export interface Life {
  readonly pid: number;
  readonly gone: Promise<void>;
  /** Makes it exit with this status. */
  exit(status: number): void;
}

export class Lifelines {
  /** What happened, in order: `+name` began, `-name` ended. */
  readonly events: string[] = [];
  readonly #server: Server;
  readonly #socketPath: string;
  readonly #lives = new Map<string, Life>();
  readonly #open = new Set<Socket>();
  readonly #awaited = new Map<string, (life: Life) => void>();

  private constructor(server: Server, socketPath: string) {
    this.#server = server;
    this.#socketPath = socketPath;
    server.on("connection", (socket) => this.#accept(socket));
  }

  static async open(directory: string): Promise<Lifelines> {
    const socketPath = join(directory, "lifelines");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    return new Lifelines(server, socketPath);
  }

  /** The command line of a process called `name`; see the fixture for the flags. */
  argv(name: string, ...flags: string[]): string[] {
    return [process.execPath, program, this.#socketPath, name, ...flags];
  }

  /** Resolves when the process has begun. */
  begun(name: string): Promise<Life> {
    const life = this.#lives.get(name);
    if (life) return Promise.resolve(life);
    return new Promise((resolve) => this.#awaited.set(name, resolve));
  }

  lives(name: string): boolean {
    return this.events.includes(`+${name}`) && !this.events.includes(`-${name}`);
  }

  /** Kills what still lives. */
  async close(): Promise<void> {
    const gone = [...this.#lives.values()].map((life) => life.gone);
    for (const [name, life] of this.#lives) if (this.lives(name)) killIfThere(life.pid);
    await Promise.all(gone);
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#open.add(socket);
    socket.on("error", () => socket.destroy());
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.once("data", (greeting) => {
      const [name = "", pid] = greeting.toString().trim().split(" ");
      const life: Life = { pid: Number(pid), gone, exit: (status) => socket.write(String(status)) };
      this.events.push(`+${name}`);
      void gone.then(() => this.events.push(`-${name}`));
      this.#lives.set(name, life);
      this.#awaited.get(name)?.(life);
    });
  }
}

/** It may have ended with its event still on the way. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
