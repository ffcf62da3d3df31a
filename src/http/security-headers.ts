/** What browsers are told of every answer. Made once: made anew for each request, by a library for all cases, it is a tenth of the cost. */
import type { App } from "./routes.ts";

const headers = {
  // Nothing that is answered here is a document with parts; what is one says its own.
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** @param isEncrypted browsers are to come back encrypted only, for a year */
export function addSecurityHeaders(app: App, isEncrypted: boolean): void {
  const all = isEncrypted ? { ...headers, "strict-transport-security": "max-age=31536000" } : headers;
  app.addHook("onRequest", (_request, reply, done) => {
    void reply.headers(all);
    done();
  });
}
