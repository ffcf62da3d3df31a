/** Which topics and subscribers a directory has, in both layouts of Less: `<topic>/index.js` and `<topic>/<subscriber>/index.js`. */
import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { isName, namingFault } from "./messages.ts";

/** The name of a subscriber that lies in the topic's own folder. */
export const rootSubscriber = ".";

/** A folder with a handler, or with something that cannot be one. */
export interface Subscriber {
  readonly name: string;
  readonly directory: string;
  /** Absolute; undefined when there is none that could be run. */
  readonly file: string | undefined;
  /** Why it has no handler; its messages wait until that is mended. */
  readonly fault: string | undefined;
}

export interface FoundTopics {
  readonly topics: ReadonlyMap<string, readonly Subscriber[]>;
  /** What is skipped, and what cannot run: whole sentences. */
  readonly faults: readonly string[];
}

/** In this order; the first that is there counts. */
const handlerFiles = ["index.js", "index.mjs", "index.cjs", "index.ts", "index.mts", "__init__.py"];
/** What people write by mistake: those of Less's own documents among them. */
const nearlyHandlers = /^(__init__\.(js|mjs|cjs|ts)|index\.(py|jsx|tsx))$/;

/** Looks anew each time: a handler that was added or mended counts from the next message on. */
export function findTopics(directory: string): FoundTopics {
  const topics = new Map<string, readonly Subscriber[]>();
  const faults: string[] = [];
  for (const name of foldersIn(directory)) {
    const folder = join(directory, name);
    if (!isName(name)) faults.push(`${folder} is skipped: ${namingFault("topic", name)}`);
    else topics.set(name, subscribersIn(folder, faults));
  }
  for (const subscribers of topics.values())
    for (const { fault } of subscribers) if (fault) faults.push(fault);
  return { topics, faults };
}

/** The subscribers of one topic; none when there is no such folder. */
export function findSubscribers(directory: string, topic: string): readonly Subscriber[] {
  return foldersIn(directory).includes(topic) ? subscribersIn(join(directory, topic), []) : [];
}

function subscribersIn(folder: string, faults: string[]): readonly Subscriber[] {
  const own = subscriberIn(rootSubscriber, folder);
  const below: Subscriber[] = [];
  for (const name of foldersIn(folder)) {
    if (isName(name)) below.push(subscriberIn(name, join(folder, name)));
    else faults.push(`${join(folder, name)} is skipped: ${namingFault("subscriber", name)}`);
  }
  if (own.file) {
    // Beside a handler a folder may be anything, such as what it imports.
    return [own, ...below.filter(({ file }) => file)];
  }
  const isNearly = namesIn(folder).some((name) => nearlyHandlers.test(name));
  return below.length === 0 || isNearly ? [own, ...below] : below;
}

function subscriberIn(name: string, directory: string): Subscriber {
  const names = namesIn(directory);
  const [found] = handlerFiles.filter((file) => names.includes(file));
  if (found) return { name, directory, file: join(directory, found), fault: undefined };
  const nearly = names.find((file) => nearlyHandlers.test(file));
  const rule = "a handler is index.js, index.mjs, index.cjs or index.ts for Node, __init__.py for Python";
  const fault = nearly
    ? `${join(directory, nearly)} is no handler: ${rule}`
    : `${directory} has no handler: ${rule}`;
  return { name, directory, file: undefined, fault };
}

function foldersIn(directory: string): string[] {
  return entriesOf(directory)
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .filter((name) => !/^[._]|^node_modules$/.test(name));
}

function namesIn(directory: string): string[] {
  return entriesOf(directory).map(({ name }) => name);
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
