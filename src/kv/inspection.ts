/** What a store says of itself to those who look after it. */

export interface StoreFact {
  /** `Server`, `Storage` */
  readonly name: string;
  /** In plain words. */
  readonly text: string;
  /** It is a problem, and the text says what to do. */
  readonly isProblem?: boolean;
}
