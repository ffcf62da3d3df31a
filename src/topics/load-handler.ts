/** From the file of a Node handler to its function: CommonJS, ES modules, TypeScript. */
import { readFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export type Handle = (message: unknown) => unknown;

/** @throws what loading the file throws, and when it exports no handler */
export async function loadHandler(file: string): Promise<Handle> {
  const handle = handleIn(await load(file));
  if (handle) return handle;
  throw new Error(`${file} exports no function named process`);
}

function load(file: string): unknown {
  if (!/\.m?ts$/.test(file) || Reflect.get(process.features, "typescript"))
    return import(pathToFileURL(file).href);
  const require = createRequire(file);
  compileTypeScript(require);
  return require(file);
}

/** Of `module.exports = { process }` an import shows only `default`; a default export may also be the function itself. */
function handleIn(loaded: unknown): Handle | undefined {
  const byDefault = member(loaded, "default");
  return [member(loaded, "process"), member(byDefault, "process"), byDefault].find(isHandle);
}

function member(value: unknown, name: string): unknown {
  const hasMembers = (typeof value === "object" && value !== null) || typeof value === "function";
  return hasMembers ? Reflect.get(value, name) : undefined;
}

function isHandle(value: unknown): value is Handle {
  return typeof value === "function";
}

/** By a name that tools cannot follow: it is no dependency of ours. */
const compilerPackage: string = "typescript";

/**
 * Node 20 cannot run TypeScript. The compiler is that of the handler's own project, which has one where TypeScript is written: ours
 * would be 24 MB for everybody. Types are stripped, not checked.
 */
function compileTypeScript(require: NodeJS.Require): void {
  const compiler = compilerFor(require);
  const compile = (module: object, file: string): void => {
    const { outputText } = compiler.transpileModule(readFileSync(file, "utf8"), {
      fileName: file,
      compilerOptions: { module: 1, target: 10, esModuleInterop: true, inlineSourceMap: true },
    });
    if (!canCompile(module)) throw new Error(`Node ${process.version} cannot run ${file}`);
    module._compile(outputText, file, "commonjs");
  };
  for (const ending of [".ts", ".mts", ".cts"])
    Reflect.set(Reflect.get(Module, "_extensions"), ending, compile);
}

interface Compiler {
  transpileModule(text: string, options: object): { readonly outputText: string };
}

function compilerFor(require: NodeJS.Require): Compiler {
  let compiler: unknown;
  try {
    compiler = require(compilerPackage);
  } catch (cause) {
    throw new Error(
      `TypeScript handlers need the package typescript in their project (npm install -D typescript), or Node 22.18 or later: this is ${process.version}`,
      { cause },
    );
  }
  if (isCompiler(compiler)) return compiler;
  throw new Error("the package typescript has no transpileModule");
}

function isCompiler(value: unknown): value is Compiler {
  return typeof member(value, "transpileModule") === "function";
}

interface CompilingModule {
  _compile(text: string, file: string, format: "commonjs"): void;
}

function canCompile(module: object): module is CompilingModule {
  return typeof member(module, "_compile") === "function";
}
