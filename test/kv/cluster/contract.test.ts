/** The contract on buckets with three replicas, but for the lives of entries. */
import { describeBesidesLives } from "../contract/contract.ts";
import { describeOnCluster } from "../fixtures/jetstream-contract.ts";

describeOnCluster(describeBesidesLives);
