// What all connections of one adapter share.

import type { MqttSettings } from "./config.ts";
import { PACKET_MAX_BYTES } from "./packet.ts";
import { FormBuffer } from "./publish-form.ts";
import { PublishProperties } from "./publish-properties.ts";
import { TopicCache } from "./topic-cache.ts";
import type { Clock, Gateway } from "../../core/index.ts";

/** Room beside payload and topic in the largest PUBLISH that is taken: fixed header and properties. */
const PUBLISH_OVERHEAD_MAX_BYTES = 65_536;
/** The largest CONNECT: it is taken from peers that nobody knows yet. */
const CONNECT_MAX_BYTES = 262_144;
const RECEIVE_MAXIMUM_MAX = 65_535;

export class Context {
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly settings: MqttSettings;
  /** Largest packet taken from a client, fixed header included; told in CONNACK of MQTT 5. */
  readonly packetMaxBytes: number;
  readonly connectMaxBytes: number;
  /** QoS 1 and 2 messages that a client may have sent and we not answered to the end; told in CONNACK of MQTT 5. */
  readonly receiveMaximum: number;
  readonly topics = new TopicCache();
  readonly forms = new FormBuffer();
  /** Read and used within one packet, then read again. */
  readonly publishProperties = new PublishProperties();

  constructor(gateway: Gateway, settings: MqttSettings) {
    const { messageMaxBytes, topicMaxBytes, inboundInflightMax } = gateway.limits;
    this.gateway = gateway;
    this.clock = gateway.clock;
    this.settings = settings;
    this.packetMaxBytes = Math.min(messageMaxBytes + topicMaxBytes + PUBLISH_OVERHEAD_MAX_BYTES, PACKET_MAX_BYTES);
    this.connectMaxBytes = Math.min(this.packetMaxBytes, CONNECT_MAX_BYTES);
    this.receiveMaximum = Math.min(inboundInflightMax, RECEIVE_MAXIMUM_MAX);
  }
}
