/**
 * A lock that one process at a time holds for a directory, and that the kernel frees when its holder dies, SIGKILL included.
 * A listening socket is the lock: connecting to it tells who holds it and, by its closing, when it is free.
 */
import { createHash } from "node:crypto";
import { realpathSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { systemClock } from "./clock.ts";
import { MachinistError, messageOf } from "./errors.ts";

/** Held until released or until this process ends. */
export interface ProcessLock {
  /** Lets the next one have it. Harmless when called twice. */
  release(): Promise<void>;
}

/** Which lock, and what to do when it is taken. */
export interface ProcessLockRequest {
  /** Must exist; two paths to one directory are one lock. */
  readonly directory: string;
  /** Which of the directory's locks: `[a-z-]+`. */
  readonly name: string;
  /** Wait for the holder to go, until aborted (rejects with the signal's reason). Left out: refuse at once. */
  readonly wait?: AbortSignal;
  /** Called with the holder's pid (undefined when it does not answer) each time the wait begins. */
  readonly onWaiting?: (holder: number | undefined) => void;
  /**
   * `abstract` leaves nothing on disk but holds only within one network namespace; `file` is a socket file in the directory.
   * Default: `abstract` on Linux, `file` elsewhere.
   */
  readonly kind?: "abstract" | "file";
}

/** How long a holder may take to tell its pid: only a stopped process takes longer. */
const answerLimitMs = 1_000;

/**
 * Takes the lock, at once or after waiting.
 * @throws ALREADY_RUNNING naming the holder's pid (also in `details.pid`); FILE_NOT_FOUND when the directory is not there
 */
export async function acquireProcessLock(request: ProcessLockRequest): Promise<ProcessLock> {
  const address = addressOf(request);
  for (;;) {
    request.wait?.throwIfAborted();
    const server = await tryListen(address);
    if (server) return lockOf(server);
    await meetHolder(address, request);
  }
}

/** A short name of the directory that is the same for all paths to it: safe in socket names and environments. */
export function directoryMark(directory: string): string {
  return createHash("sha256").update(realPathOf(directory)).digest("hex").slice(0, 32);
}

function realPathOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch (error) {
    throw new MachinistError("FILE_NOT_FOUND", `cannot lock directory ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function addressOf(request: ProcessLockRequest): string {
  const kind = request.kind ?? (process.platform === "linux" ? "abstract" : "file");
  if (kind === "abstract") return `\0machinist-${request.name}-${directoryMark(request.directory)}`;
  return join(realPathOf(request.directory), `.${request.name}.lock`);
}

/** Resolves with undefined when somebody else listens there. */
function tryListen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(greet);
    server.unref();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(new MachinistError("FAILED", `cannot lock: ${error.message}`, { cause: error }));
    });
    server.listen(address, () => resolve(server));
  });
}

/** Tells the pid; the open connection then ends when this process does. */
function greet(socket: Socket): void {
  socket.unref();
  socket.on("error", () => socket.destroy());
  socket.resume();
  socket.write(`${process.pid}\n`);
}

function lockOf(server: Server): ProcessLock {
  const connected = new Set<Socket>();
  server.on("connection", (socket) => {
    connected.add(socket);
    socket.once("close", () => connected.delete(socket));
  });
  return {
    release: () =>
      new Promise((resolve) => {
        // Closing first: whoever sees its connection end must find the name free.
        server.close(() => resolve());
        for (const socket of connected) socket.destroy();
      }),
  };
}

/** Returns when the lock may be free; refuses when the request does not wait. */
async function meetHolder(address: string, request: ProcessLockRequest): Promise<void> {
  const holder = connect({ path: address });
  const closed = new Promise<void>((resolve) => holder.once("close", () => resolve()));
  let failure: NodeJS.ErrnoException | undefined;
  holder.on("error", (error) => {
    failure = error;
  });
  const pid = await pidOf(holder);
  if (failure) {
    removeStale(address, failure);
    return;
  }
  if (!request.wait) {
    if (pid === undefined && holder.closed) return;
    holder.destroy();
    throw refusal(request, pid);
  }
  request.onWaiting?.(pid);
  const giveUp = (): void => void holder.destroy();
  request.wait.addEventListener("abort", giveUp, { once: true });
  if (request.wait.aborted) giveUp();
  await closed;
  request.wait.removeEventListener("abort", giveUp);
}

/** The first line that the holder sends; undefined when it says nothing in time or goes. */
function pidOf(holder: Socket): Promise<number | undefined> {
  return new Promise((resolve) => {
    const finish = (pid: number | undefined): void => {
      cancel();
      resolve(pid);
    };
    const cancel = systemClock.after(answerLimitMs, () => finish(undefined));
    holder.once("data", (chunk) => finish(Number.parseInt(chunk.toString("latin1"), 10) || undefined));
    holder.once("close", () => finish(undefined));
  });
}

/**
 * A socket file outlives its process: nobody answering there means that it may go. Two that find it so at once could both think
 * they hold it; the abstract kind has no such gap.
 */
function removeStale(address: string, failure: NodeJS.ErrnoException): void {
  const isFile = !address.startsWith("\0");
  if (isFile && failure.code === "ECONNREFUSED") rmSync(address, { force: true });
}

function refusal(request: ProcessLockRequest, pid: number | undefined): MachinistError {
  const who = pid === undefined ? "another process that does not answer" : `process ${pid}`;
  return new MachinistError(
    "ALREADY_RUNNING",
    `directory ${request.directory} is in use by ${who}: stop it first, or use another directory`,
    { details: pid === undefined ? {} : { pid } },
  );
}
