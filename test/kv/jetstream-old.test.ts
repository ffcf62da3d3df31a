/** The engine on NATS JetStream: the contract, on the oldest server that it takes. */
import { describeStoreContract } from "./contract/contract.ts";
import { describeOnServer } from "./fixtures/jetstream-contract.ts";

describeOnServer("old", describeStoreContract);
