/** The walls of the house. One rule, one sentence of why. Run: npm run imports */

/** Files under src/`folder` may reach into `mayUse` and themselves, and nowhere else in the project. */
function layer(folder, mayUse, comment) {
  return {
    name: `layer-${folder}`,
    comment,
    severity: "error",
    from: { path: `^src/${folder}/` },
    to: { path: "^(src|watchers|test)/", pathNot: [`^src/(${[folder, ...mayUse].join("|")})/`] },
  };
}

/** A package that only the named files may import, so that replacing it is a change to one place. */
function onlyIn(dependency, files) {
  return {
    name: `only-${dependency.replace(/\W+/g, "-")}`,
    comment: `${dependency} enters through ${files}`,
    severity: "error",
    from: { path: "^(src|watchers)/", pathNot: files },
    to: { path: `(^|node_modules/)(node:)?${dependency}(/|$)` },
  };
}

/** Where something begins: the library, the command line, processes of their own, the page in a browser. */
const beginnings = ["^src/(index|cli/bin|exec/helper|topic-handler)[.]ts$", "^src/http/page/main[.]js$"];

export default {
  forbidden: [
    {
      name: "no-circular",
      comment: "data flows one way",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    layer("lib", [], "leaves: no other part of the project"),
    layer("kv", ["lib"], "knows keys and values, nothing of machines"),
    layer("backup", ["lib", "kv"], "stores and files; knows nothing of machines"),
    layer("exec", ["lib"], "knows commands, nothing of machines"),
    layer("events", ["lib"], "knows the shape of events, nobody who emits them"),
    layer("definition", ["lib"], "pure: text in, frozen definition out"),
    layer("chart", ["lib", "definition"], "the picture of a definition; knows no running machine"),
    layer(
      "watching",
      ["lib", "kv", "exec", "events", "definition"],
      "the contract a watcher type is written against",
    ),
    layer(
      "metrics",
      ["lib", "kv", "watching", "exec", "events"],
      "what watchers measure and machines do, as text; owns no machine",
    ),
    layer("machine", ["lib", "kv", "exec", "events", "definition", "watching"], "one running machine"),
    layer(
      "supervisor",
      ["lib", "kv", "exec", "events", "definition", "watching", "machine"],
      "files in, machines out",
    ),
    layer("topics", ["lib", "kv", "exec"], "handlers of messages; knows no machines"),
    layer(
      "http",
      ["lib", "kv", "events", "exec", "definition", "chart", "metrics", "machine", "supervisor", "topics"],
      "a view: reads and sends, owns no state",
    ),
    {
      name: "watcher-types-see-only-the-contract",
      comment: "a built-in watcher type has no more power than a user's",
      severity: "error",
      // A type is one file, and when that grows a folder of the same name beside it.
      from: { path: "^watchers/(?!index[.]ts$)([^/.]+)" },
      to: {
        path: "^(src|watchers|test)/",
        pathNot: [
          "^watchers/$1/",
          "^watchers/shared/",
          "^src/watching/(watcher|gauge|governors|governed|governor-properties|log-output)[.]ts$",
          "^src/definition/shape[.]ts$",
          "^src/kv/(store|names|messages)[.]ts$",
          "^src/exec/",
          "^src/lib/",
        ],
      },
    },
    {
      name: "watchers-enter-by-the-door",
      comment: "only the composition roots name the built-in types",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(daemon|index)[.]ts$", "^src/cli/built-in-types[.]ts$"] },
      to: { path: "^watchers/" },
    },
    {
      name: "nobody-imports-the-cli",
      comment: "cli and daemon are ends of the line",
      severity: "error",
      from: { path: "^(src|watchers)/", pathNot: ["^src/cli/"] },
      to: { path: ["^src/cli/", "^src/index[.]ts$"] },
    },
    {
      name: "engines-behind-open",
      comment: "everyone else holds a Store and cannot tell which",
      severity: "error",
      from: { pathNot: ["^src/kv/open[.]ts$", "^src/kv/engines/", "^test/(kv|bench)/"] },
      to: { path: "^src/kv/engines/" },
    },
    onlyIn("yaml", "^src/definition/(parse|yaml-text)[.]ts$"),
    onlyIn("ajv", "^src/definition/schema[.]ts$"),
    onlyIn("xstate", "^src/machine/(compile|steps)[.]ts$"),
    onlyIn("lmdb", "^src/kv/engines/lmdb/"),
    onlyIn("nats", "^src/kv/engines/jetstream/"),
    onlyIn("@nats-io", "^src/kv/engines/jetstream/"),
    onlyIn("chokidar", "^src/lib/watch-paths[.]ts$"),
    onlyIn("croner", "^watchers/schedule/cron[.]ts$"),
    onlyIn("execa", "^src/exec/"),
    onlyIn("child_process", "^src/(exec/|cli/guarded/child[.]ts$)"),
    onlyIn("fastify", "^src/http/"),
    onlyIn("cookie", "^src/http/session-cookie[.]ts$"),
    onlyIn("@dagrejs/dagre", "^src/chart/place[.]ts$"),
    onlyIn("tinypool", "^src/chart/layout-thread[.]ts$"),
    onlyIn("@fastify", "^src/http/"),
    onlyIn("preact", "^src/http/page/"),
    onlyIn("htm", "^src/http/page/html[.]js$"),
    onlyIn("eventsource-parser", "^src/http/page/stream[.]js$"),
    onlyIn("commander", "^src/cli/"),
    onlyIn("undici", "^watchers/shared/http-client[.]ts$"),
    onlyIn("modern-tar", "^(watchers/archive/unpack|src/backup/archive)[.]ts$"),
    onlyIn("prom-client", "^src/metrics/(registry|activity)[.]ts$"),
    onlyIn("pino", "^src/lib/logger[.]ts$"),
    onlyIn("re2js", "^src/lib/safe-pattern[.]ts$"),
    onlyIn("timers", "^src/lib/clock[.]ts$"),
    {
      name: "not-unreachable",
      comment:
        "dead file: neither the command line nor the library nor the helper process nor the page reaches it",
      severity: "error",
      from: { path: beginnings },
      to: {
        path: "^(src|watchers)/",
        pathNot: beginnings,
        reachable: false,
      },
    },
    {
      name: "no-test-in-product",
      comment: "tests are leaves",
      severity: "error",
      from: { path: "^(src|watchers)/" },
      to: { path: "^test/" },
    },
    {
      name: "no-dev-dependency",
      comment: "would break a production install",
      severity: "error",
      from: { path: "^(src|watchers)/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "resolvable",
      comment: "every import is there",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules|^dist" },
    exclude: { path: "^dist/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
