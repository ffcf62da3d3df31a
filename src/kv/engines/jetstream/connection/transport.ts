/**
 * The client's TCP transport, which also closes a socket that never became a connection. The client's own leaves it open when
 * the server accepts it and then sends nothing: the process cannot end, and each attempt leaks a socket (nats.js 3.3.1).
 */
import { createConnection, type Socket } from "node:net";
import { type ConnectionOptions, type NatsConnection, NatsConnectionImpl, setTransportFactory } from "nats";
import { NodeTransport, nodeResolveHost } from "nats/lib/node_transport.js";

/** As `connect` of package nats. @throws its errors */
export function connectTcp(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new ClosingTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}

class ClosingTransport extends NodeTransport {
  #dialling: Socket | undefined;

  /** As the client's, but the socket is known before it is connected: a lost SYN is repeated for minutes. */
  override dial({ hostname, port }: { hostname: string; port: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(port, hostname, () => {
        socket.removeAllListeners();
        resolve(socket);
      });
      this.#dialling = socket;
      let failure: Error | undefined;
      socket.on("error", (error) => {
        failure = error;
      });
      socket.on("close", () => reject(failure));
      socket.setNoDelay(true);
    });
  }

  /** The client only reports that its time is over, also when the server has long refused: that becomes the error's cause. */
  override async close(error?: Error): Promise<void> {
    if (error && this.connected && this.isClosed)
      error.cause ??= this.closeError ?? new Error("the server closed the connection");
    await super.close(error);
    if (!this.connected) this.discard();
  }

  override discard(): void {
    super.discard();
    this.#dialling?.destroy();
  }
}
