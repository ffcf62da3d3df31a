/** The contract on buckets with three replicas, one of which lags behind, but for the lives of entries. */
import { describeBesidesLives } from "../contract/contract.ts";
import { describeOnLaggingCluster } from "../fixtures/jetstream-contract.ts";

describeOnLaggingCluster(describeBesidesLives);
