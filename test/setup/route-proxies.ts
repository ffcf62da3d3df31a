/** Proxies in front of the nodes of a cluster: what one node sends to another can be held back, while all else flows. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Direction {
  /** Names of nodes. */
  readonly from: string;
  readonly to: string;
}

/** One connection between two nodes. */
interface Route {
  readonly target: string;
  readonly near: Socket;
  readonly far: Socket;
  /** The node that opened it, known from the first bytes that it sends. */
  dialer: string | undefined;
}

const introduction = /"server_name":"(\w+)"/;

export class RouteProxies implements AsyncDisposable {
  readonly #servers: Server[] = [];
  readonly #routes = new Set<Route>();
  #held: Direction | undefined;

  /** @param node its name. @param port where the proxy listens. @param targetPort where the node listens for routes */
  async add(node: string, port: number, targetPort: number): Promise<void> {
    const server = createServer((near) => this.#connect(node, near, targetPort));
    this.#servers.push(server);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  }

  /** Holds back all bytes of this direction until another one is held, or none. */
  hold(direction: Direction | undefined): void {
    this.#held = direction;
    for (const route of this.#routes) this.#apply(route);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { near, far } of this.#routes) {
      near.destroy();
      far.destroy();
    }
    for (const server of this.#servers) server.close();
    await Promise.all(this.#servers.map((server) => once(server, "close")));
  }

  #connect(target: string, near: Socket, targetPort: number): void {
    const far = connect(targetPort, "127.0.0.1");
    const route: Route = { target, near, far, dialer: undefined };
    this.#routes.add(route);
    let said = "";
    near.on("data", (bytes: Buffer) => {
      far.write(bytes);
      if (route.dialer !== undefined) return;
      said += bytes.toString("latin1");
      route.dialer = introduction.exec(said)?.[1];
      this.#apply(route);
    });
    far.on("data", (bytes: Buffer) => void near.write(bytes));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#routes.delete(route);
        other.destroy();
      });
    }
  }

  #apply({ target, dialer, near, far }: Route): void {
    if (dialer === undefined) return;
    const { from, to } = this.#held ?? {};
    if (from === dialer && to === target) near.pause();
    else near.resume();
    if (from === target && to === dialer) far.pause();
    else far.resume();
  }
}
