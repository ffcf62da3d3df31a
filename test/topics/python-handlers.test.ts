/** Handlers in Python: cases of Less by number, against the built daemon. */
import { expect, it } from "vitest";
import { cjs, LessProject, python } from "./harness.ts";

const artists = [{ first_name: "Cesária", last_name: "Évora" }];

it("L11: a created value is a dict, non-ASCII text intact", async () => {
  const less = await LessProject.create({ "kvs_created/__init__.py": python });
  await less.kvs.set("artists", artists);
  expect(await less.handled()).toEqual([{ key: "artists", new_value: artists }]);
});

it("L12: updated has both values, deleted has no new one", async () => {
  const deleted = python.replace("json.dumps(data)", "json.dumps([data, data.get('new_value') is None])");
  const less = await LessProject.create({
    "kvs_updated/log/__init__.py": python,
    "kvs_deleted/log/__init__.py": deleted,
  });
  await less.python("kvs.set('k', 1)", "kvs.set('k', 2)", "kvs.delete('k')");
  expect(await less.handled()).toEqual([
    { key: "k", new_value: 2, old_value: 1 },
    [{ key: "k", old_value: 2 }, true],
  ]);
});

it("L13: a Node and a Python subscriber of one topic are both called", async () => {
  const less = await LessProject.create({
    "kvs_created/node/index.js": cjs,
    "kvs_created/python/__init__.py": python,
  });
  await less.kvs.set("k", 1);
  expect(await less.handled()).toHaveLength(2);
});

it.each([["from label import label"], ["from .label import label"]])(
  "L14: imports a module of its own folder: %s",
  async (line) => {
    const less = await LessProject.create({
      "kvs_created/log/__init__.py": `${line}\n${python.replace("json.dumps(data)", "json.dumps(label)")}`,
      "kvs_created/log/label.py": "label = 'from beside'\n",
    });
    await less.python("kvs.set('k', 1)");
    expect(await less.handled()).toEqual(["from beside"]);
  },
);

it("L18: what raises is called again as in Node; the error is logged", async () => {
  const less = await LessProject.create({
    "kvs_created/log/__init__.py": "def process(data):\n    raise ValueError('no good')\n",
    "kvs_created/other/index.js": cjs,
  });
  await less.python("kvs.set('k', 1)");
  const waiting = await less.failed("log", 1);
  expect(waiting?.["log"]).toMatchObject({ attempts: 1, error: "ValueError: no good" });
  expect(await less.logged("a handler failed and is called again")).toMatchObject({
    level: "warn",
    topic: "kvs_created",
    subscriber: "log",
    error: "ValueError: no good",
  });
  await less.messages(([message]) => message?.waiting?.["other"] === undefined);
  expect(less.notes()).toEqual([{ key: "k", new_value: 1 }]);
});

it("L34: kvs and topics of Python are those of Node; a missing key is None", async () => {
  const less = await LessProject.create({
    "ask/__init__.py": [
      "from less import kvs, topics",
      "def process(data):",
      "    missing = kvs.get('missing')",
      "    kvs.set('from/python', {'é': [None, 1.5]}, 60)",
      "    kvs.set('gone', 1)",
      "    kvs.delete('gone')",
      "    topics.answer.publish([data, missing is None, kvs.get('from/python'), kvs.get('gone')])",
      "",
    ].join("\n"),
    "answer/index.js": cjs,
  });
  await less.publish("ask", { id: 1 });
  expect(await less.noted(1)).toEqual([[{ id: 1 }, true, { é: [null, 1.5] }, null]]);
  expect(await less.kvs.get("from/python")).toEqual({ é: [null, 1.5] });
});

it("L35: Python refuses what Node refuses, in the same words", async () => {
  const less = await LessProject.create({
    "ask/__init__.py": [
      "from less import kvs, topics",
      "def said(call):",
      "    try:",
      "        call()",
      "    except Exception as error:",
      "        return str(error)",
      "def process(data):",
      "    topics.answer.publish([",
      "        said(lambda: kvs.get('')), said(lambda: kvs.get(5)), said(lambda: kvs.set('k', 'v', '10'))",
      "    ])",
      "",
    ].join("\n"),
    "answer/index.js": cjs,
  });
  await less.publish("ask", {});
  expect(await less.noted(1)).toEqual([
    [
      'Error: The param "key" must be provided',
      'Error: The param "key" must be of type string',
      'Error: The param "ttl" must be of type number',
    ],
  ]);
});

it("L38: __init__.js is reported as a broken handler", async () => {
  const less = await LessProject.create({ "kvs_created/__init__.js": python, "kvs_deleted/index.js": cjs });
  const file = `${less.topicsDirectory}/kvs_created/__init__.js`;
  const fault = `${file} is no handler: a handler is index.js, index.mjs, index.cjs or index.ts for Node, __init__.py for Python`;
  expect(await less.logged("a topic has a fault")).toMatchObject({ level: "error", fault });
  await less.kvs.set("k", 1);
  await less.kvs.delete("k");
  const waiting = await less.failed(".", 1);
  expect(waiting?.["."]?.error).toBe(fault);
  expect(await less.noted(1)).toEqual([{ key: "k", old_value: 1 }]);
});
