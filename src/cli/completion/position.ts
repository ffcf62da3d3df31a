/** What stands at the cursor of a command line: read from the program itself, so that it is stated nowhere else. Pure. */
import type { Argument, CommandUnknownOpts, Option } from "@commander-js/extra-typings";

export interface Position {
  /** The command that the line has come to. */
  readonly command: CommandUnknownOpts;
  /** Words before the cursor that are its arguments. */
  readonly before: readonly string[];
  /** The part of a word before the cursor. */
  readonly word: string;
  /** The option whose value is wanted. */
  readonly option: Option | undefined;
  /** The argument that is wanted; undefined: there are no more, or only subcommands. */
  readonly argument: Argument | undefined;
  /** Values of global options before the cursor, by attribute name. */
  readonly globals: Readonly<Record<string, string>>;
  /** After `--`: words of another program. */
  readonly isForeign: boolean;
}

export function positionIn(program: CommandUnknownOpts, words: readonly string[]): Position {
  const earlier = words.slice(0, -1);
  const end = earlier.indexOf("--");
  const reader = new Reader(program);
  for (const word of end === -1 ? earlier : earlier.slice(0, end)) reader.take(word);
  return { ...reader.position(words.at(-1) ?? ""), isForeign: end !== -1 };
}

/** Takes one word after the other. */
class Reader {
  readonly #program: CommandUnknownOpts;
  readonly #globals: Record<string, string> = {};
  readonly #before: string[] = [];
  #command: CommandUnknownOpts;
  #option: Option | undefined;

  constructor(program: CommandUnknownOpts) {
    this.#program = program;
    this.#command = program;
  }

  take(word: string): void {
    const child = this.#before.length === 0 ? commandNamed(this.#command, word) : undefined;
    if (this.#option) this.#takeValue(this.#option, word);
    else if (word.startsWith("-")) this.#option = wantsValue(this.#program, this.#command, word);
    else if (child) this.#command = child;
    else this.#before.push(word);
  }

  position(word: string): Omit<Position, "isForeign"> {
    const { registeredArguments } = this.#command;
    const last = registeredArguments.at(-1);
    const argument = registeredArguments[this.#before.length] ?? (last?.variadic ? last : undefined);
    const [command, before, option, globals] = [this.#command, this.#before, this.#option, this.#globals];
    return { command, before, word, option, argument, globals };
  }

  #takeValue(option: Option, word: string): void {
    if (this.#program.options.includes(option)) this.#globals[option.attributeName()] = word;
    this.#option = undefined;
  }
}

function commandNamed(command: CommandUnknownOpts, word: string): CommandUnknownOpts | undefined {
  return command.commands.find((child) => child.name() === word || child.aliases().includes(word));
}

function wantsValue(
  program: CommandUnknownOpts,
  command: CommandUnknownOpts,
  word: string,
): Option | undefined {
  const option = [...command.options, ...program.options].find(
    ({ long, short }) => word === long || word === short,
  );
  return option?.required ? option : undefined;
}
