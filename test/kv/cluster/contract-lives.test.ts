/** The contract on buckets with three replicas: the lives of entries. */
import { describeLives } from "../contract/contract.ts";
import { describeOnCluster } from "../fixtures/jetstream-contract.ts";

describeOnCluster(describeLives);
