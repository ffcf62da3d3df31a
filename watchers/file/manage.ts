/** Management mode: compares a file with what it shall be, and writes it when it differs. */
import type { BigIntStats } from "node:fs";
import { lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { MachinistError } from "../../src/lib/errors.ts";
import { parseTemplate, type Template, type TemplateScope } from "../../src/lib/template.ts";
import { accountNumber } from "./accounts.ts";
import { type Content, type Reading, readContent, sha256Of } from "./content.ts";
import { modeExpectation, parseMode } from "./mode.ts";
import type { ManagedProperties } from "./properties.ts";
import { replaceFile, type WantedFile } from "./replace.ts";

export interface ManagedFile {
  /** Absolute. */
  readonly path: string;
  /** Tells this writer from others of the same file. */
  readonly writer: string;
  readonly templates: Readonly<Record<keyof ManagedProperties, Template>>;
}

/** `content` is undefined when the file was written. */
export interface Managed {
  readonly wasWritten: boolean;
  readonly content: Content | undefined;
}

export function managedTemplates({
  contents,
  owner,
  group,
  mode,
}: ManagedProperties): ManagedFile["templates"] {
  return {
    contents: parseTemplate(contents),
    owner: parseTemplate(owner),
    group: parseTemplate(group),
    mode: parseTemplate(mode),
  };
}

/**
 * @param known what was remembered of the file, if anything
 * @throws what is wrong with a template's result, an account or the file system; the file is untouched then
 */
export async function manageFile(
  file: ManagedFile,
  scope: TemplateScope,
  known: Content | undefined,
  reading: Reading,
): Promise<Managed> {
  const wanted = await wantedFile(file, scope);
  const content = await contentIfRight(file.path, wanted, known, reading);
  if (content !== undefined) return { wasWritten: false, content };
  reading.signal.throwIfAborted();
  await replaceFile(file.path, wanted, file.writer).catch((cause: unknown) => {
    if (!isAbsence(cause)) throw cause;
    const message = `its directory ${dirname(file.path)} is not there; create it, or write another path`;
    throw new MachinistError("FILE_NOT_FOUND", message, { cause });
  });
  return { wasWritten: true, content: undefined };
}

async function wantedFile({ templates }: ManagedFile, scope: TemplateScope): Promise<WantedFile> {
  return {
    mode: wantedMode(templates.mode.render(scope)),
    bytes: Buffer.from(templates.contents.render(scope)),
    uid: await accountNumber("user", templates.owner.render(scope)),
    gid: await accountNumber("group", templates.group.render(scope)),
  };
}

function wantedMode(text: string): number {
  const mode = parseMode(text);
  if (mode !== undefined) return mode;
  // What a template was filled with may be anybody's value, so it is not told.
  const message = `its mode is no file mode once its template is filled in; ${modeExpectation}`;
  throw new MachinistError("BAD_VALUE", message);
}

/** undefined when the file is not there or differs in anything; a symbolic link in its place differs too. */
async function contentIfRight(
  path: string,
  wanted: WantedFile,
  known: Content | undefined,
  reading: Reading,
): Promise<Content | undefined> {
  const stats = await lstat(path, { bigint: true }).catch(absent);
  if (stats === undefined) return undefined;
  if (!stats.isFile() && !stats.isSymbolicLink()) {
    const message =
      "something else than a file has that name, and it is not replaced; move it away, or write another path";
    throw new MachinistError("BAD_VALUE", message);
  }
  if (!stats.isFile() || !hasAttributes(stats, wanted)) return undefined;
  const content = await readContent(path, known, reading);
  return content.identity === sha256Of(wanted.bytes) ? content : undefined;
}

function hasAttributes(stats: BigIntStats, { bytes, mode, uid, gid }: WantedFile): boolean {
  return (
    Number(stats.size) === bytes.byteLength &&
    Number(stats.mode & 0o7777n) === mode &&
    Number(stats.uid) === uid &&
    Number(stats.gid) === gid
  );
}

function absent(cause: unknown): undefined {
  if (isAbsence(cause)) return undefined;
  throw cause;
}

export function isAbsence(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
