/** Faults of an exec watcher's properties that its schema cannot tell. Pure. */
import { type PropertyFault, refusal } from "../../src/definition/shape.ts";
import { parseCommandWords } from "../../src/lib/command-words.ts";
import { parseTemplate } from "../../src/lib/template.ts";
import { checkGovernor } from "../../src/watching/governor-properties.ts";
import type { ExecProperties, ExecVariable } from "./properties.ts";

export function checkExec({ properties }: { readonly properties: ExecProperties }): readonly PropertyFault[] {
  const { command, environment, disown, parseAsData, governor } = properties;
  const faults: PropertyFault[] = [
    ...refusal(["properties", "command"], () => parseCommandWords(command)),
    ...environment.flatMap((variable, at) => checkVariable(variable, ["properties", "environment", at])),
    ...checkGovernor(governor),
  ];
  if (disown && parseAsData) {
    const message =
      "disown and parse_as_data exclude each other: the output of a command that may outlive the daemon cannot be waited for; remove one";
    faults.push({ path: ["properties", "disown"], message });
  }
  return faults;
}

function checkVariable({ entry, value }: ExecVariable, path: PropertyFault["path"]): PropertyFault[] {
  if (/^[A-Za-z_]\w*=/.test(entry)) return refusal(path, () => parseTemplate(value));
  const message = `${JSON.stringify(entry)} is no variable: write NAME=VALUE, the name of letters, digits and _, not a digit first`;
  return [{ path, message }];
}
