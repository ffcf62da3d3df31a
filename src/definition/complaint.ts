/** What a JSON Schema validator says of one value, free of the validator's own types. */

/** One error, in the words of JSON Schema. */
export interface Complaint {
  readonly keyword: string;
  /** JSON pointer to the value. */
  readonly instancePath: string;
  /** JSON pointer to the keyword. */
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The keyword's own value. */
  readonly schema: unknown;
  /** The schema that the keyword stands in. */
  readonly parent: Readonly<Record<string, unknown>>;
  /** The value that is complained of. */
  readonly data: unknown;
}
