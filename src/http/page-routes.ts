/** The page for people, at `/`. It holds nothing: what it shows it asks for, as whoever has signed in. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { MachinistError } from "../lib/errors.ts";
import { type Encoding, readPage } from "./page-assets.ts";
import { pathOf } from "./request-path.ts";
import type { Routes } from "./routes.ts";

export const pageRoutes: Routes = (app) => {
  const options = { config: { scope: "open" }, schema: { hide: true } } as const;
  app.get("/", options, (request, reply) => {
    const { contentSecurityPolicy } = readPage();
    void reply.header("content-security-policy", contentSecurityPolicy);
    return send("/", request, reply);
  });
  app.get("/assets/*", options, (request, reply) => send(pathOf(request.url), request, reply));
};

async function send(path: string, { headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const asset = readPage().assets.get(path);
  if (!asset) throw new MachinistError("ROUTE_NOT_FOUND", `the page has no ${path}`);
  // The document says which version of the rest it needs.
  const keeps = path === "/" ? "no-cache" : "public, max-age=31536000, immutable";
  void reply.headers({ etag: asset.etag, "cache-control": keeps, vary: "Accept-Encoding" });
  if (headers["if-none-match"] === asset.etag) return reply.code(304).send();
  const encoding = encodingFor(headers["accept-encoding"] ?? "");
  if (encoding) void reply.header("content-encoding", encoding);
  void reply.header("content-type", asset.type);
  return reply.send(encoding ? await asset.compressed(encoding) : asset.body);
}

function encodingFor(accepted: string): Encoding | undefined {
  if (/\bbr\b/.test(accepted)) return "br";
  return /\bgzip\b/.test(accepted) ? "gzip" : undefined;
}
