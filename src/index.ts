/** The public API of machinist: re-exports only. */

export { builtInWatcherTypes } from "../watchers/index.ts";
export {
  type Config,
  loadConfig,
} from "./config/config.ts";
export type { ConfigFlags, ConfigSources, Environment } from "./config/sources.ts";
export { type Daemon, type DaemonOptions, startDaemon } from "./daemon.ts";
export {
  type CheckedDefinition,
  checkDefinition,
  DefinitionError,
  type DoorOptions,
  requireDefinition,
} from "./definition/definition.ts";
export { type Fault, renderFault } from "./definition/fault.ts";
export type {
  Definition,
  ForeignState,
  PropertyFault,
  RateLimit,
  Subscription,
  TransitionDefinition,
  WatcherDefinition,
  WatcherTypeShape,
} from "./definition/shape.ts";
export type { Bus, MachineEvent } from "./events/bus.ts";
export type { CloudEvent, GovernorPayload, TransitionPayload, WatcherPayload } from "./events/event.ts";
export type { CommandEnd, CommandRequest, CommandResult, CommandRunner } from "./exec/command.ts";
export type { ButlerSettings } from "./http/butler/butler.ts";
export { bytes, type Codec, json, jsonOf, text } from "./kv/codec.ts";
export type { StoreFact } from "./kv/inspection.ts";
export type { LeaseOptions } from "./kv/lease/claim-options.ts";
export type { Lease } from "./kv/lease/lease.ts";
export type { LeaseHolder } from "./kv/lease/lease-record.ts";
export { acquireLock, holderOfLock, tryLock } from "./kv/lock.ts";
export {
  type Mirror,
  type MirrorEntry,
  type MirrorEvents,
  type MirrorOptions,
  type MirrorState,
  openMirror,
} from "./kv/mirror.ts";

export type { NatsOptions } from "./kv/nats-options.ts";
export { inspectStore, type OpenOptions, openStore } from "./kv/open.ts";
export {
  createSemaphore,
  listSemaphores,
  openSemaphore,
  type Semaphore,
  type SemaphoreSettings,
  type SemaphoreStatus,
} from "./kv/semaphore.ts";
export type {
  Bucket,
  BucketCluster,
  BucketConfig,
  BucketOrigin,
  BucketPlacement,
  BucketRepublish,
  BucketStatus,
  Entry,
  Filter,
  Operation,
  OriginStatus,
  Progress,
  ReadOptions,
  Store,
  Value,
  Watch,
  WatchItem,
  WatchOptions,
  WatchReady,
  WriteOptions,
} from "./kv/store.ts";
export {
  type TypedBucket,
  type TypedEntry,
  type TypedMarker,
  type TypedWatch,
  withCodec,
} from "./kv/typed-bucket.ts";
export { closeLess, kvs, topics } from "./less.ts";
export { type Clock, systemClock } from "./lib/clock.ts";
export { formatDuration, parseDuration } from "./lib/duration.ts";
export { type ErrorCode, MachinistError } from "./lib/errors.ts";
export type { Json, JsonObject } from "./lib/json.ts";
export { createLogger, type Logger, silentLogger } from "./lib/logger.ts";
export { type CompiledMachine, compile, machineConfig } from "./machine/compile.ts";
export type { MachineRecord } from "./machine/record.ts";
export { type Kvs, openKvs } from "./topics/kvs.ts";
export { openTopics, type Topic, type Topics } from "./topics/publish.ts";
export type {
  Look,
  LookPolicy,
  LookReason,
  Observation,
  Watcher,
  WatcherContext,
  WatcherType,
} from "./watching/watcher.ts";
