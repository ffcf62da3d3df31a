/** A real server for archives, http or https, that keeps what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server } from "node:net";

export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export class ArchiveServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly #server: Server & { closeAllConnections(): void };
  readonly #protocol: "http" | "https";
  readonly #answers = new Map<string, Answer>();

  private constructor(identity: { readonly key: string; readonly cert: string } | undefined) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      const path = request.url ?? "";
      this.asked.push({ path, authorization: request.headers.authorization });
      const answer = this.#answers.get(path);
      if (answer) answer(response, request);
      else response.writeHead(404).end("not here");
    };
    this.#protocol = identity ? "https" : "http";
    this.#server = identity ? createSecureServer(identity, listener) : createServer(listener);
  }

  static async start(identity?: { readonly key: string; readonly cert: string }): Promise<ArchiveServer> {
    const started = new ArchiveServer(identity);
    await new Promise<void>((resolve) => started.#server.listen(0, "127.0.0.1", resolve));
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  address(path: string, login = ""): string {
    return `${this.#protocol}://${login}127.0.0.1:${this.port}${path}`;
  }

  /** What it answers from now on. */
  serve(path: string, answer: Buffer | Answer): void {
    this.#answers.set(
      path,
      typeof answer === "function" ? answer : (response) => void response.writeHead(200).end(answer),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
