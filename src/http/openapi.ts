/** The description of all routes, made from the routes themselves. */
import swagger from "@fastify/swagger";
import type { App } from "./routes.ts";

const info = {
  title: "machinist",
  version: "1",
  description: "The control plane of one daemon: its machines, its key-value store, its events.",
};

/** Must be called before the routes are added: it listens for them. */
export async function describeRoutes(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info,
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    },
    transform: ({ schema, url, route }) => {
      const scope = route.config?.scope;
      const security = scope === "open" ? [] : [{ token: [] }];
      const description = [schema?.description, scope === "open" ? "" : `Scope: ${scope}.`]
        .filter(Boolean)
        .join(" ");
      return { schema: { ...schema, security, description }, url };
    },
  });
  app.get(
    "/openapi.json",
    { config: { scope: "open" }, schema: { summary: "This description", tags: ["daemon"] } },
    () => app.swagger(),
  );
}
