/** Stands between a page and its daemon: connections can be cut, and another daemon can take the place of the first. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface PageProxy {
  readonly url: string;
  /** Ends all connections; new ones are taken. */
  cut(): void;
  /** Cuts, and leads to another daemon from now on. */
  leadTo(url: string): void;
}

/** @param url of the daemon */
export async function pageProxy(url: string): Promise<PageProxy> {
  let port = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    // Whichever side breaks first, the other is told by its end.
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    keep(near);
    keep(far);
    near.pipe(far).on("close", () => near.destroy());
    far.pipe(near).on("close", () => far.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    leadTo: (other) => {
      port = Number(new URL(other).port);
      cut();
    },
  };
}
