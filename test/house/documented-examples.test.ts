/** Every call of the key-value API has an example in its comment, which compiles against the built package and is true. */
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import { documentedExamples, printedBy, programOf } from "./documented-examples.ts";

const root = join(import.meta.dirname, "../..");
const publicNames = namesIn(await readFile(join(root, "src/index.ts"), "utf8"));
const examples = documentedExamples(publicNames);

let directory: string;
let runs: ((given: unknown) => Promise<void>)[];
/** That of the built package, whose errors the calls of the examples know. */
let open: typeof openStore;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-examples-"));
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  const file = join(directory, "program.mts");
  const values = [...publicNames].filter((name) => /^[a-z]/.test(name) && isUsed(name));
  const types = ["Bucket", "Store"].map((name) => `type ${name}`);
  const built = join(root, "dist/src/index.js");
  const imports = `import { ${[...values, ...types].join(", ")} } from ${JSON.stringify(built)};`;
  await writeFile(file, programOf(examples, imports));
  expect(faultsOf(file)).toEqual([]);
  ({ openStore: open } = await import(built));
  ({ runs } = await import(pathToFileURL(join(directory, "program.mjs")).href));
});

afterAll(() => rm(directory, { recursive: true }));

describe("examples in the comments of the key-value API", () => {
  it("there is one for each call", () => {
    expect(examples.length).toBeGreaterThan(20);
    expect(examples.filter(({ code }) => code === "").map(({ of }) => of)).toEqual([]);
  });

  it.each(examples.map((example, at) => [example.of, example.code, at] as const))(
    "%s",
    async (_, code, at) => {
      await using store = await open(join(directory, `store-${at}`));
      const printed: string[] = [];
      await runs[at]?.({
        ...(await bucketsOf(store)),
        directory: await mkdtemp(join(directory, "own-")),
        console: { log: (...words: unknown[]) => printed.push(words.join(" ")) },
        same: (found: unknown, expected: unknown) => expect(found).toEqual(expected),
      });
      expect(printed).toEqual(printedBy(code));
      expect(code).toMatch(/\/\/ (=>|prints) /);
    },
  );
});

async function bucketsOf(store: Store) {
  const bucket = await store.createBucket("CFG", { history: 5 });
  const leases = await store.createBucket("LEASES", { markerTtlMs: 60_000 });
  return { store, bucket, leases };
}

/** What `export { … } from` of the module names. */
function namesIn(module: string): ReadonlySet<string> {
  const lists = [...module.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list = ""]) =>
    list.split(","),
  );
  return new Set(lists.map((name) => name.replace(/\btype\b/, "").trim()).filter(Boolean));
}

function isUsed(name: string): boolean {
  return examples.some(({ code }) => new RegExp(`\\b${name}\\b`).test(code));
}

/** Compiles the file beside itself. */
function faultsOf(file: string): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node20,
    types: ["node"],
    skipLibCheck: true,
    typeRoots: [join(root, "node_modules/@types")],
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  };
  const program = ts.createProgram([file], options);
  const { diagnostics } = program.emit();
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, "\n"),
  );
}
