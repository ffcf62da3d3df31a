/** The engine on NATS JetStream: the lives of entries in the contract, on a current server. */
import { describeLives } from "./contract/contract.ts";
import { describeOnServer } from "./fixtures/jetstream-contract.ts";

describeOnServer("current", describeLives);
