/** Where the keys of a bucket are among the subjects of NATS. A mirror has its messages under the subjects of what it copies. */
import type { BucketConfig, BucketOrigin } from "../../store.ts";

/** The subject of a key, or the pattern of a filter. */
export function subjectOf(bucket: string, keyOrFilter: string): string {
  return `$KV.${bucket}.${keyOrFilter}`;
}

/** Of the JetStream API of a domain. */
export function apiOf(domain: string): string {
  return `$JS.${domain}.API`;
}

export class Subjects {
  readonly #read: string;
  readonly #write: string;

  constructor(bucket: string, { mirror }: Pick<BucketConfig, "mirror">) {
    this.#read = subjectOf(mirror?.bucket ?? bucket, "");
    this.#write = mirror?.domain === undefined ? this.#read : `${apiOf(mirror.domain)}.${this.#read}`;
  }

  /** Under which a key, or all that a filter matches, is stored. */
  of(keyOrFilter: string): string {
    return this.#read + keyOrFilter;
  }

  /** To which an entry of the key is sent. */
  toWrite(key: string): string {
    return this.#write + key;
  }

  keyIn(subject: string): string {
    return subject.slice(this.#read.length);
  }
}

/** The stream of an origin, as the server wants it named; a source's messages get the subjects of `into`. */
export function streamSourceOf(origin: BucketOrigin, into?: string) {
  const { bucket, domain } = origin;
  return {
    name: `KV_${bucket}`,
    ...(domain === undefined ? {} : { external: { api: apiOf(domain), deliver: "" } }),
    ...(into === undefined
      ? {}
      : { subject_transforms: [{ src: subjectOf(bucket, ">"), dest: subjectOf(into, ">") }] }),
  };
}

export function originOf(source: {
  readonly name: string;
  readonly external?: { readonly api: string } | undefined;
}): BucketOrigin {
  const domain = /^\$JS\.([^.]+)\.API$/.exec(source.external?.api ?? "")?.[1];
  return { bucket: source.name.replace(/^KV_/, ""), ...(domain === undefined ? {} : { domain }) };
}
