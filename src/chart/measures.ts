/** The sizes of what is drawn, in px; both the layout and the drawing keep to them. Pure, and served to the page. */

/** Of the part of a box that holds the state's name. */
export const headHeight = 44;
export const watcherHeight = 18;
/** Below the last watcher. */
export const watchersPad = 10;
/** From the left border of a box to the mark of a watcher, and from there to its name. */
export const watcherIndent = 14;
export const markWidth = 18;
export const labelHeight = 18;
export const dotRadius = 6;
/** How far a loop reaches out of its box, how high it is, and how far each is from the next one. */
export const loop = { reach: 26, height: 18, step: 26 } as const;
