/** The engine on NATS JetStream: the contract, on a current server, but for the lives of entries. */
import { describeBesidesLives } from "./contract/contract.ts";
import { describeOnServer } from "./fixtures/jetstream-contract.ts";

describeOnServer("current", describeBesidesLives);
