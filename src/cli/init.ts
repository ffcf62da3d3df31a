/** `machinist init`: a new machine directory that validates as it is. */
import { chmod, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Command, Option } from "@commander-js/extra-typings";
import { MachinistError } from "../lib/errors.ts";
import { packageFile } from "../lib/package.ts";
import { examples } from "./examples.ts";
import { type TemplateFile, type TemplateName, templateFiles, templateNames } from "./init-templates.ts";
import type { BeginInvocation } from "./invocation.ts";
import { oneOf } from "./values.ts";

export function initCommand(begin: BeginInvocation) {
  return new Command("init")
    .description("a new machine in the drop directory, ready to be edited; a daemon there runs it at once")
    .argument("<name>", "letters, digits, - and _")
    .addOption(
      new Option(
        "--template <template>",
        "follow: runs a command when a key changes; check: checks and repairs",
      )
        .argParser(oneOf(templateNames))
        .default<TemplateName>("follow"),
    )
    .addHelpText("after", examples("machinist init hello", "machinist init web --template check"))
    .action(async (name, { template }) => {
      const { config, output, surroundings } = await begin();
      const directory = join(config.dropDirectories[0] ?? "machines", await checkedName(name));
      await refuseExisting(directory);
      const schema = relative(directory, packageFile("schemas/machine.schema.json")).split(sep).join("/");
      const files = templateFiles(template, name, schema);
      await writeAtOnce(directory, files);
      const near = (path: string): string => relative(surroundings.workingDirectory, path) || path;
      if (output.json) {
        await output.document({
          machine: name,
          directory,
          files: files.map(({ path }) => join(directory, path)),
        });
        return;
      }
      for (const { path } of files) await output.line(near(join(directory, path)));
      output.message(`Edit it, then try \`machinist validate ${near(directory)}\`.`);
    });
}

async function checkedName(name: string): Promise<string> {
  const { longestName, namePattern } = await import("../definition/machine-schema.ts");
  const { isStagingName } = await import("../definition/file-names.ts");
  if (!new RegExp(namePattern).test(name) || name.length > longestName) {
    throw new MachinistError(
      "INVALID_ARGUMENT",
      `${JSON.stringify(name)} is no name for a machine: a letter, then letters, digits, - and _, at most ${longestName}`,
    );
  }
  if (isStagingName(name)) {
    throw new MachinistError(
      "INVALID_ARGUMENT",
      `${JSON.stringify(name)} is a name for directories in the making: a daemon passes them over`,
    );
  }
  return name;
}

async function refuseExisting(directory: string): Promise<void> {
  for (const path of [directory, `${directory}.yaml`]) {
    const there = await stat(path).catch(() => undefined);
    if (there) throw new MachinistError("ALREADY_EXISTS", `${path} exists already; choose another name`);
  }
}

/** Under a name that a daemon passes over, until all is there. */
async function writeAtOnce(directory: string, files: readonly TemplateFile[]): Promise<void> {
  const staging = join(directory, "..", `.${process.pid}-temp`);
  await mkdir(staging, { recursive: true });
  try {
    for (const { path, text, executable } of files) {
      await writeFile(join(staging, path), text);
      if (executable) await chmod(join(staging, path), 0o755);
    }
    await rename(staging, directory);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
