/** A server with tokens and something in place of the page, and a way to sign in. */
import { expect } from "vitest";
import { machineRoutes } from "../../src/http/machines.ts";
import type { Routes } from "../../src/http/routes.ts";
import { type Answer, knownToken, type Serving, type ServingOptions, serving } from "./serving.ts";

export const tokens = [knownToken("reader", "read"), knownToken("root", "admin")];
export const list = "/v1/machines";
export const go = { method: "POST", path: `${list}/m/transition`, body: { transition: "go" } };

/** Stands for the page: it holds nothing, so it is open. */
const page: Routes = (app) => {
  app.get("/", { config: { scope: "open" } }, (_request, reply) => reply.type("text/html").send("<page>"));
};

export function site(options: ServingOptions = {}): Promise<Serving> {
  return serving({ http: { tokens }, routes: (made) => [machineRoutes(made.supervisor), page], ...options });
}

export function cookieOf({ headers }: Answer): string {
  const [cookie = ""] = headers["set-cookie"] ?? [];
  return cookie.split(";")[0] ?? "";
}

export interface SignedIn {
  readonly cookie: string;
  readonly "x-csrf-token": string;
}

export async function signIn({ askTcp }: Serving, token: string): Promise<SignedIn> {
  const answer = await askTcp({ method: "POST", path: "/v1/session", body: { token } });
  expect(answer.status).toBe(200);
  return { cookie: cookieOf(answer), "x-csrf-token": answer.body.csrf };
}
