/**
 * `npm run mutation`, or `npm run mutation -- loop.ts kv/ retries.ts:24`: do the tests notice when the product is wrong? Puts each seeded
 * fault into a copy of the work tree and runs the tests that ought to fail. Exit status 1 only when a fault cannot be put
 * in, or when tests fail without any.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Copy } from "./copy.ts";
import { describeFault, type Fault } from "./fault.ts";
import { machineFaults } from "./faults/machine.ts";
import { watcherFaults } from "./faults/watchers.ts";
import { watchingFaults } from "./faults/watching.ts";
import { runTests } from "./run-tests.ts";

/** Copies that are worked in at a time. */
const workers = 2;
const tree = process.cwd();

interface Trial {
  readonly fault: Fault;
  readonly description: string;
}

const asked = process.argv.slice(2);
const all = [...watchingFaults, ...machineFaults, ...watcherFaults];

const unfit: string[] = [];
const survivors: string[] = [];
let killed = 0;

const trials = await Promise.all(all.map(prepare));
const isAsked = ({ description }: Trial): boolean =>
  asked.length === 0 || asked.some((part) => description.includes(part));
if (unfit.length === 0) await tryAll(trials.filter(isAsked));
for (const line of unfit) console.error(line);
if (unfit.length > 0) process.exitCode = 1;
else {
  for (const line of survivors) console.log(line);
  console.log(`${killed} killed, ${survivors.length} survived`);
}

async function prepare(fault: Fault): Promise<Trial> {
  const source = await readFile(join(tree, fault.file), "utf8");
  const times = source.split(fault.find).length - 1;
  if (times !== 1)
    unfit.push(`${fault.file}: ${JSON.stringify(fault.find)} stands there ${times} times, not once`);
  for (const test of fault.tests) {
    if (!existsSync(join(tree, test))) unfit.push(`${fault.file}: there is no test file ${test}`);
  }
  return { fault, description: describeFault(fault, source) };
}

async function tryAll(open: Trial[]): Promise<void> {
  const copies = await Promise.all(Array.from({ length: workers }, () => Copy.of(tree)));
  try {
    const [first] = copies;
    const tests = [...new Set(open.flatMap(({ fault }) => fault.tests))];
    const bare = first && tests.length > 0 ? await runTests(first.root, tests) : undefined;
    if (bare?.how === "failed") unfit.push(`fails without any fault: ${bare.test}`);
    else if (bare?.how === "broken") unfit.push(`does not load without any fault: ${bare.reason}`);
    else await Promise.all(copies.map((copy) => work(copy, open)));
  } finally {
    await Promise.all(copies.map((copy) => copy.remove()));
  }
}

async function work(copy: Copy, open: Trial[]): Promise<void> {
  for (let trial = open.shift(); trial; trial = open.shift()) {
    const { fault, description } = trial;
    const verdict = await copy.withFault(fault, () => runTests(copy.root, fault.tests));
    if (verdict.how === "broken") unfit.push(`${description}: does not load: ${verdict.reason}`);
    else if (verdict.how === "failed") {
      killed += 1;
      console.log(`killed    ${description}  [${verdict.test}]`);
    } else {
      const reason = fault.equivalent === undefined ? "" : `  (equivalent: ${fault.equivalent})`;
      survivors.push(`survived  ${description}${reason}`);
      console.log(`survived  ${description}${reason}`);
    }
  }
}
