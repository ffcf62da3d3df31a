// What a release may say: text or JSON in, a checked and complete release out. Touches no disk.
import { posix } from "node:path";
import { Fault } from "./fault.mjs";

const versionPattern = /^[0-9A-Za-z][0-9A-Za-z._+-]{0,63}$/;
const releaseKeys = ["version", "files", "source", "sha256", "build", "health"];
const healthKeys = ["file", "contains", "command", "url", "withinSeconds"];

/**
 * @typedef {object} Release
 * @property {string} version part of the folder's name
 * @property {[name: string, text: string][]} files written into the folder, over what `source` brought
 * @property {string | null} source absolute path of a directory or of a .tar, .tar.gz or .tgz file
 * @property {string | null} sha256 64 lower-case hex digits: of the archive's bytes
 * @property {string[] | null} build program and arguments, run in the new folder
 * @property {Health} health
 *
 * @typedef {object} Health every part that is not null must hold
 * @property {string | null} file that must be there
 * @property {string | null} contains text that `file` must hold
 * @property {string[] | null} command program and arguments, run in the live folder; must end with exit status 0
 * @property {string | null} url that must answer with a 2xx status
 * @property {number} withinSeconds how long `url` may take to get there
 */

/**
 * Checks what the key holds.
 * @param {unknown} text of the value; undefined when there is none
 * @returns {Release}
 */
export function readRelease(text) {
  const release = objectOf(text);
  expectKeys(release, releaseKeys, "the release");
  const source = sourceOf(release.source);
  const checked = {
    version: versionOf(release.version),
    files: filesOf(release.files),
    source,
    sha256: sha256Of(release.sha256, source),
    build: commandOf(release.build, "build"),
    health: healthOf(release.health),
  };
  if (checked.files.length === 0 && source === null) {
    throw new Fault(`the release has nothing to deploy: give it "files" or a "source"`);
  }
  return checked;
}

/**
 * A path inside the release folder, in its plain form.
 * @param {string} name as the release or its archive spells it
 * @param {string} place for the message
 */
export function nameInside(name, place) {
  if (name === "" || name.includes("\0") || name.includes("\\")) {
    throw new Fault(`${place}: ${JSON.stringify(name)} is no file name`);
  }
  const plain = posix.normalize(name).replace(/\/$/, "");
  if (posix.isAbsolute(plain) || plain === ".." || plain.startsWith("../")) {
    throw new Fault(`${place}: ${JSON.stringify(name)} leads out of the release folder`);
  }
  return plain;
}

function objectOf(text) {
  if (typeof text !== "string") throw new Fault("there is no release in the key");
  const release = parsed(text);
  if (typeof release !== "object" || release === null || Array.isArray(release)) {
    throw new Fault(`the release is ${kindOf(release)}, expected a JSON object`);
  }
  return release;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold secrets.
    throw new Fault("the release is not valid JSON");
  }
}

function expectKeys(object, known, place) {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new Fault(`${place} has the unknown key ${JSON.stringify(unknown)}, expected ${known.join(", ")}`);
  }
}

function versionOf(version) {
  if (version === undefined) throw new Fault(`the release has no "version"`);
  if (typeof version !== "string" || !versionPattern.test(version)) {
    throw new Fault(
      `"version" must be a text such as "1.2.0": letters, digits, dot, plus, minus, underscore, up to 64`,
    );
  }
  return version;
}

function filesOf(files = {}) {
  if (typeof files !== "object" || files === null || Array.isArray(files)) {
    throw new Fault(`"files" is ${kindOf(files)}, expected an object: name → text`);
  }
  return Object.entries(files).map(([name, text]) => {
    if (typeof text !== "string") throw new Fault(`"files": ${name} is ${kindOf(text)}, expected a text`);
    const plain = nameInside(name, `"files"`);
    if (plain === "." || name.endsWith("/"))
      throw new Fault(`"files": ${name} is a directory, expected a file`);
    return [plain, text];
  });
}

function sourceOf(source = null) {
  if (source !== null && (typeof source !== "string" || !posix.isAbsolute(source))) {
    throw new Fault(`"source" must be the absolute path of a directory or of a .tar, .tar.gz or .tgz file`);
  }
  return source;
}

function sha256Of(sha256 = null, source = null) {
  if (sha256 === null) return null;
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new Fault(`"sha256" must be 64 hex digits`);
  }
  if (source === null) throw new Fault(`"sha256" needs a "source" that it belongs to`);
  return sha256.toLowerCase();
}

function commandOf(command, place) {
  if (command === undefined || command === null) return null;
  if (!Array.isArray(command) || command.length === 0 || !command.every(isWord)) {
    throw new Fault(`"${place}" must be a list of texts: the program and its arguments`);
  }
  return command;
}

function isWord(word) {
  return typeof word === "string" && word !== "" && !word.includes("\0");
}

function healthOf(health = {}) {
  if (typeof health !== "object" || health === null || Array.isArray(health)) {
    throw new Fault(`"health" is ${kindOf(health)}, expected an object`);
  }
  expectKeys(health, healthKeys, `"health"`);
  const file = textOf(health.file, "health.file");
  const contains = textOf(health.contains, "health.contains");
  if (contains !== null && file === null) throw new Fault(`"health.contains" needs "health.file"`);
  return {
    file: file === null ? null : nameInside(file, `"health.file"`),
    contains,
    command: commandOf(health.command, "health.command"),
    url: urlOf(health.url),
    withinSeconds: secondsOf(health.withinSeconds),
  };
}

function textOf(text, place) {
  if (text === undefined || text === null) return null;
  if (typeof text !== "string" || text === "") throw new Fault(`"${place}" must be a text`);
  return text;
}

function urlOf(url) {
  const text = textOf(url, "health.url");
  if (text !== null && !(URL.canParse(text) && /^https?:/.test(text))) {
    throw new Fault(`"health.url" must be an http or https address`);
  }
  return text;
}

function secondsOf(seconds = 10) {
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= 45)) {
    throw new Fault(`"health.withinSeconds" must be a number from 0 to 45`);
  }
  return seconds;
}

function kindOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`.replace("a object", "an object");
}
