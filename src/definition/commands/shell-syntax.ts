/** Finds what only a shell understands in a command line that no shell reads. Pure; starts and looks up nothing. */
import { scanTemplate } from "../../lib/template-scan.ts";

/** Takes the place of a character that quotes or a backslash protect, and of a template action. */
const protectedCharacter = "\0";

/**
 * The shell syntax of a command line outside of its quotes, as written and each once: `&&`, `|`, `> `, `$HOME`, `*.txt`.
 * Text in quotes is what the program gets, so it is left alone, except `$NAME` and backticks in double quotes.
 * Empty for a shell with `-c`, whose script is its own affair.
 * @example
 * shellSyntaxIn("make && ./install.sh > $LOG"); // => ["&&", ">", "$LOG"]
 */
export function shellSyntaxIn(command: string): readonly string[] {
  const words = bareWords(withoutActions(command));
  if (isShellWithScript(words)) return [];
  return [...new Set(words.flatMap(syntaxOf))];
}

function withoutActions(command: string): string {
  return scanTemplate(command)
    .map(({ kind, text }) => (kind === "text" ? text : protectedCharacter))
    .join("");
}

type Quote = "none" | "single" | "double";

/** The words, with every protected character replaced. */
function bareWords(text: string): string[] {
  let quote: Quote = "none";
  let bare = "";
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    const next = quoteAfter(character, quote);
    if (next !== quote) bare += protectedCharacter;
    else if (character === "\\" && quote !== "single") {
      bare += protectedCharacter;
      at += 1;
    } else bare += isActive(character, quote) ? character : protectedCharacter;
    quote = next;
  }
  return bare.split(/[ \t\r\n]+/).filter((word) => word !== "");
}

function quoteAfter(character: string, quote: Quote): Quote {
  if (character === "'" && quote !== "double") return quote === "single" ? "none" : "single";
  if (character === '"' && quote !== "single") return quote === "double" ? "none" : "double";
  return quote;
}

/** In double quotes only variables and backticks mean something; their letters are kept to name them. */
function isActive(character: string, quote: Quote): boolean {
  return quote === "none" || (quote === "double" && /[$`\w{}(]/.test(character));
}

const variable = /\$(?:[A-Za-z_]\w*|\d|\{[^}]*\}?|\()/g;
const operator = /&&|\|\||>>|[|;<>`]/g;

function syntaxOf(word: string): string[] {
  return [
    ...(word.match(operator) ?? []),
    ...(word === "&" ? ["&"] : []),
    ...(word.match(variable) ?? []),
    ...(/^~(?:\/|$)/.test(word) || isPattern(word) ? [shown(word)] : []),
  ];
}

/** A URL has its own use for `?`, and a lone `[` is a program. */
function isPattern(word: string): boolean {
  return /\*|\[[^\]]+\]/.test(word) || (word.includes("?") && !word.includes("://"));
}

/** Readable again: what is protected may be anything. */
function shown(word: string): string {
  return word.replaceAll(protectedCharacter, "…");
}

const shells = /(?:^|\/)(?:sh|bash|dash|ash|zsh|ksh|mksh|fish|busybox)$/;

function isShellWithScript(words: readonly string[]): boolean {
  const shell = words.slice(0, 4).findIndex((word) => shells.test(word));
  return shell >= 0 && words.slice(shell + 1).some((word) => /^-[a-z]*c$/.test(word));
}
