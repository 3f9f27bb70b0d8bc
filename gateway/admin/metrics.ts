// The metrics page. Nothing is counted here: at each scrape the plain numbers of the core and of the listeners' meters
// are read. Labels are bounded: names of listeners, and constants of ours.

import { Counter, Gauge, Registry, collectDefaultMetrics } from "@prometheus-io/client";

import { verdictNames } from "../../core/index.ts";
import type { ListenerMeter } from "../../core/index.ts";
import { isSecureListener } from "../../net/secure-listener.ts";
import type { CoreStats } from "../../core/compose.ts";
import { RunState } from "../run-state.ts";
import type { ObservedRun } from "../run-state.ts";

type Labels = Record<string, string>;
type Add = (labels: Labels, value: number) => void;

export class MetricsPage {
  readonly #registry = new Registry();
  readonly #run: ObservedRun;
  /** As of the scrape that runs: to add them up takes a walk over all sessions. */
  #stats: CoreStats;

  constructor(run: ObservedRun, processMetrics: boolean) {
    this.#run = run;
    this.#stats = run.core.stats();
    addListenerMetrics(this.#registry, run);
    addTotals(this.#registry, () => this.#stats);
    addCertificates(this.#registry, run);
    addState(this.#registry, run);
    if (processMetrics) collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    this.#stats = this.#run.core.stats();
    return this.#registry.metrics();
  }
}

/** A counter that is read anew from somewhere else at each scrape. */
function counter(registry: Registry, name: string, help: string, labelNames: string[], read: (add: Add) => void): void {
  const metric: Counter<string> = new Counter<string>({
    name: `tributary_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      metric.reset();
      read((labels, value) => metric.inc(labels, value));
    },
  });
}

function gauge(registry: Registry, name: string, help: string, labelNames: string[], read: (add: Add) => void): void {
  const metric: Gauge<string> = new Gauge<string>({
    name: `tributary_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      metric.reset();
      read((labels, value) => metric.set(labels, value));
    },
  });
}

function addListenerMetrics(registry: Registry, run: ObservedRun): void {
  const base = ["listener", "protocol"];
  const each = (read: (meter: ListenerMeter, labels: Labels, add: Add) => void) => (add: Add) => {
    for (const meter of run.core.meters()) read(meter, { listener: meter.listener, protocol: meter.protocol }, add);
  };
  const byKey = (label: string, mapOf: (meter: ListenerMeter) => ReadonlyMap<string, number>) =>
    each((meter, labels, add) => {
      for (const [key, value] of mapOf(meter)) add({ ...labels, [label]: key }, value);
    });
  const byQos = (countsOf: (meter: ListenerMeter) => readonly number[]) =>
    each((meter, labels, add) => {
      for (const [qos, value] of countsOf(meter).entries()) add({ ...labels, qos: String(qos) }, value);
    });
  const plain = (numberOf: (meter: ListenerMeter) => number) =>
    each((meter, labels, add) => add(labels, numberOf(meter)));
  const total = (name: string, help: string, read: (add: Add) => void, ...labels: string[]) =>
    counter(registry, `${name}_total`, help, [...base, ...labels], read);

  const open = plain((meter) => meter.connections);
  gauge(registry, "connections", "Open connections.", base, open);
  const opened = plain((meter) => meter.connectionsOpened);
  total("connections_opened", "Connections opened.", opened);
  const closed = byKey("reason", (meter) => meter.connectionsClosed);
  total("connections_closed", "Connections closed, by reason.", closed, "reason");
  const bytesReceived = plain((meter) => meter.bytesReceived);
  total("bytes_received", "Bytes received.", bytesReceived);
  const bytesSent = plain((meter) => meter.bytesSent);
  total("bytes_sent", "Bytes sent.", bytesSent);
  const received = byQos((meter) => meter.messagesReceived);
  total("messages_received", "Messages that devices published.", received, "qos");
  const delivered = byQos((meter) => meter.messagesDelivered);
  total("messages_delivered", "Messages delivered to devices.", delivered, "qos");
  const dropped = byKey("reason", (meter) => meter.messagesDropped);
  total("messages_dropped", "Messages that did not reach a device, by reason.", dropped, "reason");
  const errors = byKey("kind", (meter) => meter.protocolErrors);
  total("protocol_errors", "Input that broke its protocol, by kind.", errors, "kind");
  const verdicts = each((meter, labels, add) => {
    for (const [verdict, name] of verdictNames.entries()) {
      const value = meter.verdicts[verdict] ?? 0;
      if (value > 0) add({ ...labels, verdict: name }, value);
    }
  });
  total("publish_verdicts", "What became of published messages.", verdicts, "verdict");
}

function addTotals(registry: Registry, statsOf: () => CoreStats): void {
  const total = (name: string, help: string, read: (stats: CoreStats) => number) =>
    gauge(registry, name, help, [], (add) => add({}, read(statsOf())));
  total("sessions", "Sessions, connected or waiting for their device.", (stats) => stats.sessions);
  total("sessions_connected", "Sessions with a connection.", (stats) => stats.connected);
  total("tenants", "Tenants that were here since the start.", (stats) => stats.tenants);
  total("subscriptions", "Subscriptions.", (stats) => stats.subscriptions);
  total("retained_messages", "Retained messages.", (stats) => stats.retainedMessages);
  total("retained_bytes", "Bytes of retained messages.", (stats) => stats.retainedBytes);
  total("last_value_bytes", "Bytes of last values.", (stats) => stats.lastValueBytes);
  total("queue_messages", "Messages that wait for their device.", (stats) => stats.queuedMessages);
  total("queue_bytes", "Bytes of messages that wait for their device.", (stats) => stats.queuedBytes);
  total("inflight", "Deliveries that devices have not acknowledged yet.", (stats) => stats.inflightMessages);
  counter(registry, "auth_requests_total", "Authentications, by back end and result.", ["backend", "result"], (add) => {
    for (const [key, value] of statsOf().authentications) {
      const comma = key.indexOf(",");
      add({ backend: key.slice(0, comma), result: key.slice(comma + 1) }, value);
    }
  });
}

/** Whoever watches it is warned before devices are. */
function addCertificates(registry: Registry, run: ObservedRun): void {
  const help = "When the first certificate of a TLS listener ends, seconds since the epoch.";
  gauge(registry, "tls_cert_not_after_seconds", help, ["listener"], (add) => {
    for (const listener of run.listeners.filter(isSecureListener)) {
      add({ listener: listener.name }, listener.certificateExpiresAt / 1000);
    }
  });
}

function addState(registry: Registry, run: ObservedRun): void {
  gauge(registry, "build_info", "1; the labels say what runs.", ["version", "node_version"], (add) => {
    add({ version: run.build.version, node_version: run.build.node }, 1);
  });
  gauge(registry, "ready", "1 when it takes connections.", [], (add) => add({}, run.state === RunState.Ready ? 1 : 0));
  gauge(registry, "config_last_reload_successful", "1 when the last reload (or the start) succeeded.", [], (add) =>
    add({}, run.lastReload.isSuccessful ? 1 : 0),
  );
  gauge(registry, "config_last_reload_success_timestamp_seconds", "When that was.", [], (add) =>
    add({}, run.lastReload.succeededAt / 1000),
  );
}
