// Counters as plain numbers: the hot path adds to a field, the metrics page reads the fields when it is scraped.

/** What one listener counts. Adapters and net add to it; the core adds what it decides about the listener's messages. */
export class ListenerMeter {
  readonly listener: string;
  readonly protocol: string;
  connections = 0;
  connectionsOpened = 0;
  readonly connectionsClosed = new Map<string, number>();
  bytesReceived = 0;
  bytesSent = 0;
  /** By QoS. */
  readonly messagesReceived: [number, number, number] = [0, 0, 0];
  readonly messagesDelivered: [number, number, number] = [0, 0, 0];
  readonly messagesDropped = new Map<string, number>();
  /** By verdict. */
  readonly verdicts = new Float64Array(16);
  /** By fault code. */
  readonly protocolErrors = new Map<string, number>();

  constructor(listener: string, protocol: string) {
    this.listener = listener;
    this.protocol = protocol;
  }
}

Object.freeze(ListenerMeter.prototype);
Object.freeze(ListenerMeter);

/** Adds to one of the maps above. Keys are code constants of ours, never text from the wire. */
export function count(map: Map<string, number>, key: string, by = 1): void {
  map.set(key, (map.get(key) ?? 0) + by);
}
