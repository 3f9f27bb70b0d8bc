// Adapters for the tests of the configuration: schemas as real ones have them, and nothing behind.

import { Type } from "typebox";
import type { TSchema } from "typebox";

import { streamListenerProperties } from "../../../net/config.ts";
import type { Module } from "../schema.ts";

function module(name: string, properties: Record<string, TSchema> = {}): Module {
  const listener = Type.Object({ ...streamListenerProperties, ...properties }, { additionalProperties: false });
  return {
    name,
    stability: "experimental",
    capabilities: {
      transports: ["tcp"],
      publish: true,
      subscribe: true,
      maxQos: 1,
      retain: false,
      will: false,
      multipleSessions: false,
    },
    configSchema: Type.Object(
      { listeners: Type.Array(listener), idleTimeoutMs: Type.Integer({ default: 60_000, minimum: 1 }) },
      { additionalProperties: false, description: `The ${name} adapter.` },
    ),
    create: () => {
      throw new Error("not in these tests");
    },
  };
}

export const modules: readonly Module[] = [
  module("mqtt"),
  module("jt808", { profile: Type.Optional(Type.Literal("native", { default: "native", description: "Topics." })) }),
];
