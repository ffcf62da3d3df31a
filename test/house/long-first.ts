/**
 * The order of the files: those that wait most begin first, so that none of them runs on when all others have ended. Where no
 * run before has left its times, vitest begins with the largest files, and these are small.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const long = ["kv/jetstream-current-lives", "kv/cluster/contract", "http/page/kv-view", "end-to-end/"];

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = long.findIndex((name) => moduleId.includes(`/test/${name}`));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}
