/** The part `http` of the config file. */
import { Type } from "typebox";
import { scopes } from "../lib/token.ts";

const closed = { additionalProperties: false };

function file(description: string) {
  return Type.String({ minLength: 1, description });
}

/** Tokens, in the config file or in a file of their own. */
export const tokenListSchema = Type.Array(
  Type.Object(
    {
      name: Type.String({ minLength: 1, description: "Whose it is; for messages" }),
      hash: Type.String({
        pattern: "^sha256:[0-9a-f]{64}$",
        patternErrorMessage: "expected sha256: and 64 hex digits, as `machinist token new` prints it",
        description: "What `machinist token new` printed; the token itself is kept nowhere",
      }),
      scopes: Type.Array(Type.Enum([...scopes]), {
        minItems: 1,
        uniqueItems: true,
        description:
          "read: look at everything. write: data and keys. transition: fire transitions, press switches. admin: all that, and buckets",
      }),
    },
    closed,
  ),
);

export const httpSchema = Type.Object(
  {
    listen: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "HOST:PORT. What is not loopback needs tokens or tls.client_ca. Default: only the socket in the data directory",
        examples: ["127.0.0.1:7890"],
      }),
    ),
    open: Type.Optional(
      Type.Boolean({
        description:
          "Whoever can connect may do everything, without a token. Only on loopback, for programs that cannot send one. Default: false",
      }),
    ),
    tokens: Type.Optional(
      Type.Union([tokenListSchema, file("A file with that list")], {
        description:
          "Who may ask what, made with `machinist token new`. Default: one for everything is made at each start and printed as a link; none with open or tls.client_ca",
      }),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          cert: file("Certificate, PEM"),
          key: file("Its key, PEM"),
          client_ca: Type.Optional(file("Only clients whose certificate it signed may connect")),
        },
        { ...closed, description: "HTTPS instead of HTTP" },
      ),
    ),
    hosts: Type.Optional(
      Type.Array(
        Type.String({
          pattern: "^[A-Za-z0-9.-]+$",
          patternErrorMessage: "expected the name of a host: letters, digits, . and -",
        }),
        {
          description:
            "Names that requests may be for, besides addresses, localhost and the name of this host",
        },
      ),
    ),
    origins: Type.Optional(
      Type.Array(
        Type.String({
          pattern: "^https?://[^/]+$",
          patternErrorMessage: "expected http:// or https:// and a host, without a path",
        }),
        {
          description: "Origins whose pages may ask (CORS). Default: none",
        },
      ),
    ),
    rate: Type.Optional(
      Type.Integer({ minimum: 1, description: "Requests of one address in a minute. Default: 6000" }),
    ),
  },
  { ...closed, description: "How the daemon answers on TCP" },
);
