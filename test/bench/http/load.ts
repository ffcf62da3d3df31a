/** A client that costs little: sockets that stay open, on each one request after the other, made beforehand. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Target {
  readonly port: number;
  readonly token?: string;
}

export interface Asked {
  readonly method: "GET" | "PUT" | "POST";
  readonly path: string;
  readonly body?: string;
}

/** The bytes of a request. */
export function requestOf({ port, token }: Target, { method, path, body }: Asked): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(body === undefined
      ? []
      : ["content-type: application/json", `content-length: ${Buffer.byteLength(body)}`]),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
}

export class Connections implements Disposable {
  readonly #sockets: readonly Socket[];

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
  }

  static async open({ port }: Target, count: number): Promise<Connections> {
    const sockets = Array.from({ length: count }, () => connect(port, "127.0.0.1").setNoDelay());
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    return new Connections(sockets);
  }

  /** Sends `requests` over all connections, one at a time on each. @throws when an answer is not 200 */
  async send(requests: readonly Buffer[]): Promise<void> {
    let next = 0;
    const take = (): Buffer | undefined => requests[next++];
    await Promise.all(this.#sockets.map((socket) => sendAll(socket, take)));
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

async function sendAll(socket: Socket, take: () => Buffer | undefined): Promise<void> {
  if (socket.destroyed) throw new Error("a server closed a connection that rested too long");
  return new Promise((resolve, reject) => {
    let answer = "";
    const end = (tell: () => void): void => {
      socket.off("data", onData).off("close", onClose);
      tell();
    };
    const onClose = (): void => end(() => reject(new Error("a server closed a connection of the bench")));
    const sendNext = (): void => {
      const request = take();
      if (request) socket.write(request);
      else end(resolve);
    };
    const onData = (chunk: Buffer): void => {
      answer += chunk.toString("latin1");
      if (!isWhole(answer)) return;
      const status = answer.slice(0, 12);
      answer = "";
      if (status === "HTTP/1.1 200") sendNext();
      else end(() => reject(new Error(`a server of the bench answered ${status}`)));
    };
    socket.on("data", onData).on("close", onClose);
    sendNext();
  });
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  return length !== undefined && answer.length - head - 4 >= Number(length);
}
