/** The properties of a file watcher: as they are written, and as the code has them. */
import { type Static, Type } from "typebox";

/** Closed. What each key says is what editors show. */
export const fileSchema = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      description: "The file, relative to the machine's directory. No template.",
      examples: ["settings.json", "/etc/motd"],
    }),
    gather_initial_state: Type.Optional(
      Type.Boolean({
        default: false,
        description: "The first look only remembers the file, so that it is not reported as changed.",
      }),
    ),
    contents: Type.Optional(
      Type.String({
        description:
          "What the file must hold; a template. The watcher then writes the file when it differs. Needs owner, group and mode.",
      }),
    ),
    content: Type.Optional(
      Type.String({ description: "The same as `contents`, as Choria's documentation writes it." }),
    ),
    owner: Type.Optional(
      Type.String({ description: "Name or number of the user that owns the file; a template." }),
    ),
    group: Type.Optional(
      Type.String({ description: "Name or number of the group that owns the file; a template." }),
    ),
    mode: Type.Optional(
      Type.String({
        description: "Permissions of the file in octal digits; a template.",
        examples: ["0644", "750"],
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Fires success_transition when a file has other contents than at the last look, and fail_transition at each look that cannot read it; or, with `contents`, writes the file.",
    examples: [
      { path: "settings.json" },
      { path: "/etc/motd", contents: "Ask first.\n", owner: "root", group: "root", mode: "0644" },
    ],
  },
);

/** Properties that only mean something beside `contents`. */
export const managingProperties = ["owner", "group", "mode"] as const;

export interface FileProperties {
  readonly path: string;
  readonly gatherInitialState: boolean;
  /** Templates of the file to be; undefined = the watcher writes nothing. */
  readonly managed: ManagedProperties | undefined;
  readonly written: Static<typeof fileSchema>;
}

export interface ManagedProperties {
  readonly contents: string;
  /** Empty when not written, which the check refuses. */
  readonly owner: string;
  readonly group: string;
  readonly mode: string;
}

/** @param raw what the schema has accepted */
export function readFileProperties(raw: unknown): FileProperties {
  const written = raw as Static<typeof fileSchema>;
  // Empty contents are none, as in Choria.
  const contents = written.contents || written.content || undefined;
  const { owner = "", group = "", mode = "" } = written;
  return {
    path: written.path,
    gatherInitialState: written.gather_initial_state ?? false,
    managed: contents === undefined ? undefined : { contents, owner, group, mode },
    written,
  };
}
