/** Permissions as text. */

/** Always octal, with or without a leading 0. @returns undefined for everything else */
export function parseMode(text: string): number | undefined {
  return /^0*[0-7]{1,4}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

export const modeExpectation = 'write octal digits, for example "0644"';
