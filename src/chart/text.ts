/** How wide text is, without a browser, and how long it may be in a drawing. Pure, and served to the page. */

/** Heights of fonts in px, as chart.css sets them. */
export const fonts = { state: 13, watcher: 11, label: 11 } as const;

/** Of the widest monospace font that chart.css names, in parts of its height. */
const advance = 0.625;
const longest = { state: 40, watcher: 30, label: 40 } as const;

export type TextKind = keyof typeof fonts;

/** The width in px of text of that kind as it is shown. */
export function textWidth(kind: TextKind, text: string): number {
  let advances = 0;
  for (const character of shown(kind, text)) advances += (character.codePointAt(0) ?? 0) > 0x10ff ? 1.8 : 1;
  return Math.ceil(advances * advance * fonts[kind]);
}

/** What a drawing shows of that text; the whole of it stands in a title. */
export function shown(kind: TextKind, text: string): string {
  const characters = [...text];
  return characters.length <= longest[kind] ? text : `${characters.slice(0, longest[kind] - 1).join("")}…`;
}

interface Labelled {
  readonly transition: string;
  readonly when?: string | undefined;
  readonly assigns?: string | undefined;
}

/** A transition with its condition and what it does to the data, as in UML. */
export function labelText({ transition, when, assigns }: Labelled): string {
  const condition = when === undefined ? "" : ` [${when}]`;
  return `${transition}${condition}${assigns === undefined ? "" : ` / ${assigns}`}`;
}
