// What the rest of the house may import from the core. An adapter sees exactly this: types, values without state, and
// nothing that reaches a running core. (gateway/ and tests compose the core from `core/compose.ts`.)

export * from "./verdict.ts";
export * from "./peer.ts";
export * from "./contract.ts";
export * from "./clock.ts";
export { CommandEnd, CommandQueue, CommandState, UNANSWERED, commandStateNames } from "./command-queue.ts";
export type { Command, CommandQueueOptions, CommandSender } from "./command-queue.ts";
export { ListenerMeter, count } from "./meter.ts";
export { jsonProperties, parseJsonObject } from "./json-payload.ts";
export { Encoded, Message } from "./message.ts";
export type { MessageProperties, Origin, QoS } from "./message.ts";
export { FrameMark, RepeatWindow, Unsettled } from "./repeats.ts";
export { SinglePublish } from "./single-publish.ts";
export type { SinglePublication } from "./single-publish.ts";
