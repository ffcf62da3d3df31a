/** Requests to a daemon's socket, and signed deliveries for the webhook `push` of machine `m`. */
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";

export const secret = "long-enough";

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export function senderTo(dataDirectory: string) {
  const socketPath = join(dataDirectory, "machinist.sock");
  const ask = async (
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const asking = request({ socketPath, method, path, headers, agent: false });
    asking.end(body);
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    return { status: answer.statusCode, headers: answer.headers, body: await json(answer) };
  };
  return {
    ask,
    fire: (transition: string) =>
      ask("POST", "/v1/machines/m/transition", JSON.stringify({ transition }), {
        "content-type": "application/json",
      }),
    /** @param id of the delivery */
    send: (id: string, body = '{"ref":"main"}') => {
      const signature = createHmac("sha256", secret).update(body).digest("hex");
      return ask("POST", "/v1/machines/m/webhooks/push", body, {
        "x-hub-signature-256": `sha256=${signature}`,
        "x-github-delivery": id,
      });
    },
  };
}
