// A table: whose fault each code is and what to do about it, by the area that the code belongs to. What a code means
// stands beside the code, in the source; here it stands (`means`) for those that have no room for it there.

export const Whose = {
  Peer: "peer",
  Operator: "operator",
  Environment: "environment",
  Us: "us",
  Nobody: "nobody",
} as const;
export type Whose = (typeof Whose)[keyof typeof Whose];

export interface Cure {
  readonly whose: Whose;
  readonly cure: string;
  readonly means?: string;
}

export interface Area {
  /** Said above the table. */
  readonly about?: string;
  /** For codes without a row of their own. Without it, every code must have one. */
  readonly usual?: Cure;
  readonly of: Readonly<Record<string, Cure>>;
}

const peer = (cure: string, means?: string): Cure => cureOf(Whose.Peer, cure, means);
const operator = (cure: string, means?: string): Cure => cureOf(Whose.Operator, cure, means);
const environment = (cure: string, means?: string): Cure => cureOf(Whose.Environment, cure, means);
const us = (cure: string, means?: string): Cure => cureOf(Whose.Us, cure, means);
const nobody = (cure: string, means?: string): Cure => cureOf(Whose.Nobody, cure, means);

function cureOf(whose: Whose, cure: string, means?: string): Cure {
  return means === undefined ? { whose, cure } : { whose, cure, means };
}

const NOTHING = nobody("Nothing.");
const REPORT = "Report it, with what the log says.";
const MEND_REQUEST = "Change the request as the message says.";

export const exitCodes: Area = {
  about:
    "How the `tributary` command ends, in the numbers of sysexits.h. A signal that ends it at once gives 128 and the " +
    "signal's number, as everywhere.",
  of: {
    Ok: NOTHING,
    No: peer("Standard error says what was refused, not found or not healthy."),
    TimedOut: nobody("Wait longer (`-W`), or see whether anybody publishes to the filter."),
    Usage: operator("`tributary COMMAND --help` shows what the command takes."),
    Unavailable: environment(
      "Standard error names the address. Free the port or choose another; see that the server is up.",
    ),
    Software: us(REPORT),
    Config: operator(
      "Mend what the lines `file:line:column: …` name; `tributary check-config` tells them without starting.",
    ),
  },
};

export const listening: Area = {
  of: {
    AddressInUse: environment("`ss -ltnp` tells who has it: end that program, or choose another `port`."),
    AddressNotAvailable: operator(
      "`host` is to be an address of this host (`ip address` lists them); `0.0.0.0` or `::` is all of them.",
    ),
    PermissionDenied: environment("Give the process CAP_NET_BIND_SERVICE, or listen above 1023 behind a redirection."),
    ListenFailed: environment("The text is the system's own; the limit of open files (`ulimit -n`) is worth a look."),
  },
};

export const certificates: Area = {
  of: {
    Unusable: operator(
      "The text names the file. Mend it, then start, or send SIGHUP: a gateway that runs keeps what it had.",
    ),
  },
};

export const closeCauses: Area = {
  about: "The label `reason` of `tributary_connections_closed_total`: how connections end, or are not even begun.",
  of: {
    Peer: NOTHING,
    Error: environment(
      "Single ones: nothing. Many: something between here and there cuts idle connections; a shorter keep-alive helps.",
    ),
    Local: nobody("`tributary_protocol_errors_total` tells which faults were among the reasons."),
    ConnectionLimit: operator(
      "Raise `maxConnections` and the system's limit of open files, or find out who opens so many.",
    ),
    AcceptRate: operator(
      "After an outage all devices come back at once: let them wait a random time, or raise `acceptRatePerSecond`.",
    ),
    FirstFrameTimeout: peer(
      "Health checks and port scanners do that. For devices on slow links raise `firstFrameTimeoutMs`.",
    ),
    SlowConsumer: peer("It subscribes to more than its link carries: narrow its filters, or raise `outputMaxBytes`."),
    Silence: NOTHING,
    Evicted: peer(
      "Sources that send and never show who they are: keep them from the port. Where all are yours, raise the listener's limit of sources.",
    ),
    Stopping: NOTHING,
    InternalError: us(REPORT),
    ProxyUntrusted: operator(
      "A proxy of yours: add it to `proxyProtocol.trusted`. Somebody else: keep them from the port.",
    ),
    ProxyMissing: operator("Have the proxy send the header (`send-proxy-v2` in haproxy), or set the mode to `allow`."),
    ProxyMalformed: peer("See the code in `tributary_protocol_errors_total`, and below."),
    ProxyTimeout: peer("Have the proxy send the header at once; raise `proxyProtocol.timeoutMs` where it cannot."),
    TlsFailed: peer(
      "The log says why at the level debug. Compare `tls.minVersion`, the authorities on both sides, the device's clock, and " +
        "`tributary_tls_cert_not_after_seconds`.",
    ),
    TlsTimeout: peer("Something that does not speak TLS, or a very slow link: raise `tls.handshakeTimeoutMs`."),
  },
};

export const verdicts: Area = {
  about:
    "What becomes of a published message or of a subscription: the label `verdict` of `tributary_publish_verdicts_total`, and " +
    "what each protocol tells the device. (MQTT 3 has no word for no: what cannot become right is acknowledged and dropped, " +
    "for what may be taken later the connection is closed.)",
  of: {
    Pending: nobody(
      "Nothing: the answer follows. Over HTTP it did not follow in time: send it again.",
      "Not settled yet.",
    ),
    Accepted: NOTHING,
    NoSubscriber: nobody("Nothing, or see whether the subscriber is there and its filter right."),
    Denied: peer("Use a topic that `acl` allows to this client, or add a rule."),
    InvalidTopic: peer(
      "No `+`, `#` or U+0000 in a topic, and neither `$SYS/` nor `$share/` in front; at most `limits.topicMaxBytes` and `limits.topicMaxLevels`.",
    ),
    InvalidMessage: us(REPORT),
    TooLarge: peer("Send less, or raise `limits.messageMaxBytes`."),
    RateLimited: peer(
      "Wait and send again; or raise `limits.sessionMessages`, `sessionBytes`, `tenantMessages` or `tenantBytes`.",
    ),
    QuotaExceeded: peer(
      "Give some back; or raise `limits.subscriptionsPerSessionMax`, `retainedMaxMessages`, `retainedMaxBytes` or `inboundInflightMax`.",
    ),
    Overload: environment("Send again later; if it stays, give the gateway more memory or fewer messages."),
    Closed: nobody("Connect again, and send again."),
    NotSupported: operator(
      "Do without, or switch it on in the adapter's configuration (and `limits.retainedMaxMessages` above 0).",
    ),
  },
};

export const refusals: Area = {
  about:
    "Why there is no session, and what each protocol tells the device. `tributary_auth_requests_total` counts who was asked.",
  of: {
    BadCredentials: peer(
      "Compare name and password, or token, with `users`; `anonymous` says whether none are needed.",
    ),
    NotAuthorized: peer("Use the client id, tenant and listener that these credentials are for."),
    Banned: operator("Remove it from `bans`, if it is to come back.", "It is banned, by client id, user or address."),
    InvalidClient: peer("A client id of well-formed text, at most `limits.clientIdMaxBytes`, without U+0000."),
    QuotaExceeded: operator(
      "End sessions that nobody needs, or raise `limits.sessionsMax` or `limits.sessionsPerTenantMax`.",
    ),
    RateLimited: peer("Wait, longer each time, before connecting again."),
    Unavailable: environment("Connect again later; the log says which back end cannot be asked."),
  },
};

export const closeReasons: Area = {
  about: "Why a session, or the connection under it, ends: in the log, and in what each protocol tells the device.",
  of: {
    Normal: NOTHING,
    NormalWithWill: NOTHING,
    ConnectionLost: environment("Nothing for single ones; many at once: look at the network."),
    KeepAlive: peer("A device that fell asleep or lost its network; a longer keep-alive gives it more time."),
    Protocol: peer("`tributary_protocol_errors_total` has the code; mend the device."),
    TakenOver: peer("Nothing after a reconnect. Again and again: two devices use one client id; give each its own."),
    Kicked: operator("Nothing: somebody asked for it on the admin API."),
    Stopping: nobody("Connect again, to this gateway when it is back or to another."),
    SlowConsumer: peer("It subscribes to more than its link carries: narrow its filters, or raise `outputMaxBytes`."),
    Banned: operator("Remove it from `bans`, if it is to come back."),
    QuotaExceeded: peer("Send less, or raise the limit that it ran into."),
  },
};

export const dropped: Area = {
  about:
    "The label `reason` of `tributary_messages_dropped_total`: messages that were taken but did not reach one of their receivers; " +
    "and, under the names of the verdicts above, those that were not taken.",
  of: {
    rejected_by_receiver: peer(
      "The receiver's own log says why it refused.",
      "The receiver answered that it does not want it.",
    ),
    expired: nobody(
      "A longer message expiry, or a receiver that is not away so long.",
      "Its expiry passed while it waited.",
    ),
    no_group_member: peer(
      "Keep a member of the share group connected.",
      "The last member of its share group left, and nobody could take it over.",
    ),
    device_failed: us(REPORT, "An adapter failed while it sent the message."),
    not_connected: nobody(
      "QoS 1 or 2, and a session that outlives its connection.",
      "The receiver is away, and nothing is kept for it: QoS 0, or a session that ends.",
    ),
    will_refused: peer(
      "See the verdicts: topic, `acl` and limits hold for a will as for any message.",
      "A will message that was not taken when it was to be published.",
    ),
    queue_full: peer(
      "A faster receiver, fewer messages, or a higher `limits.queueMaxMessages` or `queueMaxBytes`. `queueDropPolicy` says which one goes.",
      "As many messages as allowed wait for the receiver already.",
    ),
    larger_than_receiver_takes: peer(
      "Raise the receiver's maximum packet size, or send less.",
      "The receiver said when it connected that it takes no packets of this size.",
    ),
  },
};

export const coreErrors: Area = {
  about:
    "The label `kind` of `tributary_protocol_errors_total`; every code below this section stands there as well where a peer can cause it.",
  of: { DEVICE_FAILED: us(REPORT, "An adapter failed while it closed a connection; the session ended all the same.") },
};

/** By path and name of a table in a faults.ts. Tables that are not named here get `anyCodec` or `anyAdapter`. */
export const faultTables: Readonly<Record<string, Area>> = {
  "codecs/haproxy-protocol/src/faults.ts FaultCode": {
    about:
      "What is wrong with a PROXY header. The connection is closed (`proxy_malformed`): without its header it has no peer.",
    usual: peer("See what the proxy in front sends: `send-proxy` or `send-proxy-v2`, nothing before it, and once."),
    of: {
      PROXY_TOO_LARGE: peer(
        "The proxy adds more than anybody reads (4,096 bytes hold a client certificate): have it send less.",
      ),
      PROXY_V2_CRC32C: environment("The header was changed on its way, or the proxy counts wrongly."),
    },
  },
  "codecs/jt808-parser/src/faults.ts FrameFaultCode": {
    about: "What is wrong with a JT/T 808 frame. It is skipped; the link goes on with the next one.",
    usual: peer("Mend the terminal; or let it pass with `lenient`, where there is such a key."),
    of: {
      JT808_CHECKSUM: peer("Mend the terminal, or let it pass: `lenient.wrongChecksum`, `lenient.unescapedChecksum`."),
      JT808_LENGTH: peer("Mend the terminal, or let it pass: `lenient.wrongLength`, `lenient.falseVersionFlag`."),
      JT808_ESCAPE: peer("Mend the terminal, or let it pass: `lenient.strayEscape`."),
    },
  },
  "codecs/jt808-parser/src/faults.ts BodyFaultCode": {
    about: "What is wrong with the body of a message from a terminal, or with a command (“to write”) for one.",
    usual: peer("Read: mend the terminal. To write: mend the command; the report names the field."),
    of: {},
  },
  "adapters/jt808/faults.ts LinkFault": {
    about: "What goes wrong on a link beyond its frames.",
    usual: peer("Mend the terminal."),
    of: {
      JT808_OTHER_TERMINAL: operator("A platform's link or a multiplexer: set `allowMultipleTerminals`."),
      JT808_TOO_MANY_TERMINALS: operator("Raise `terminalsMax`."),
      JT808_NOT_AUTHENTICATED: peer(
        "The terminal is to register or authenticate first; `authentication` says what is asked of it.",
      ),
      JT808_BAD_FRAMES: peer("The codes of the frames say what is wrong; `badFramesMax` says how many are borne."),
      JT808_JUNK: peer("Something that does not speak JT/T 808: a scanner, or a device for another port."),
    },
  },
  "adapters/jt808/faults.ts CommandFault": {
    about: "What becomes of a command that a terminal did not carry out: in the report that is published about it.",
    usual: peer("Mend what is published to the command topic."),
    of: {
      JT808_COMMAND_UNANSWERED: environment(
        "The terminal is away or busy: send again, or raise `commands.answerTimeoutMs` or `commands.retransmissionsMax`.",
      ),
    },
  },
  "adapters/mqtt/faults.ts faults": {
    about:
      "What is wrong with packets that an MQTT client sends. The connection is closed; an MQTT 5 client is told the reason code.",
    usual: peer("Mend the client: it breaks the specification."),
    of: {
      MQTT_PACKET_TOO_LARGE: peer("Send less, or raise `limits.messageMaxBytes`."),
      MQTT_FIRST_NOT_CONNECT: peer("Something that does not speak MQTT, or TLS on a port without it."),
      MQTT_PROTOCOL_LEVEL: peer("Use MQTT 3.1, 3.1.1 or 5."),
      MQTT_PROTOCOL_NAME: peer("Use MQTT 3.1, 3.1.1 or 5."),
      MQTT_CLIENT_ID: peer("Give a client id, or connect with a clean session."),
      MQTT_WILL_QOS: operator("A will of a lower QoS, or a higher `maxQos`."),
      MQTT_WILL_RETAIN: operator("A will that is not retained, or `retain: true`."),
      MQTT_AUTHENTICATION_METHOD: peer("Use a user name and password, or a client certificate."),
      MQTT_QOS_NOT_SUPPORTED: operator("A lower QoS, or a higher `maxQos`."),
      MQTT_RETAIN_NOT_SUPPORTED: operator("Messages that are not retained, or `retain: true`."),
      MQTT_TOPIC_ALIAS: peer("Keep to the topic alias maximum of CONNACK (`topicAliasMax`)."),
      MQTT_RECEIVE_MAXIMUM: peer("Keep to the receive maximum of CONNACK (`limits.inboundInflightMax`)."),
      MQTT_SUBSCRIPTION_IDENTIFIERS: operator("Do without, or `subscriptionIdentifiers: true`."),
      MQTT_TOO_MANY_FILTERS: peer("Spread the filters over several packets."),
      MQTT_ANSWER_TOO_LARGE: peer("Raise the client's maximum packet size."),
      MQTT_HELD_TOO_MUCH: peer("Wait for the answer to SUBSCRIBE or CONNECT before sending so much."),
    },
  },
  "adapters/websocket/faults.ts PeerFault": {
    about: "What peers do wrong on a WebSocket.",
    usual: peer("Mend the client."),
    of: {
      WEBSOCKET_UPGRADE: peer("The answer to the upgrade says what was wrong: see the codes of refused upgrades."),
      WEBSOCKET_FRAME: peer("Mend the client; send less, or raise `frameMaxBytes`."),
      WEBSOCKET_JSON: peer("The `error` frame says what was wrong: see the codes of bad frames."),
      WEBSOCKET_SILENT: environment(
        "Nothing for single ones: it lost its network. `pingIntervalMs` says how long that is borne.",
      ),
    },
  },
};

export const anyCodec: Area = { usual: peer("Mend the device, or the command that is written for it."), of: {} };
export const anyAdapter: Area = { usual: peer("Mend the device."), of: {} };

export const webSocketCloses: Area = {
  about:
    "Status codes of the closing handshake that the gateway sends. (1002, 1007 and 1009, broken frames, are RFC 6455's own.)",
  of: {
    Normal: NOTHING,
    Stopping: nobody("Connect again later."),
    WrongFrameType: peer("JSON goes in text frames, `mqtt` in binary ones."),
    Policy: peer(
      "The reason in the close frame says which. `json.faultsMax` and `firstFrameTimeoutMs` are the bounds.",
    ),
    Internal: us(REPORT),
    Refused: peer("See the refusals above."),
    Kicked: operator("Nothing: an operator decided so."),
    TakenOver: peer("Nothing after a reconnect. Again and again: two pages use one client id."),
    SlowOrOverQuota: peer("Read faster, subscribe to less, or send less."),
  },
};

export const webSocketUpgrades: Area = {
  about: "`error.code` in the answer to an upgrade request that is refused.",
  usual: peer(MEND_REQUEST),
  of: {
    stopping: nobody("Connect again later."),
    host_not_allowed: operator("Listen on another address than loopback, or use the name `localhost`."),
    origin_not_allowed: operator("Add the page's origin to `origins`."),
    bad_credentials: peer("Mend the header, or leave it out and give credentials in the `connect` frame."),
  },
};

export const webSocketFrames: Area = {
  about:
    "`code` of an `error` frame of tributary.v1.json. (A publish without `id` that was not taken has its verdict there.)",
  usual: peer("Mend the page: the message says what was expected."),
  of: {},
};

export const http: Area = {
  about:
    "`error.code` in answers of the HTTP adapter that are no success; 4xx are counted under this name as protocol errors where no route was reached.",
  usual: peer(MEND_REQUEST),
  of: {
    settle_timeout: us("Send it again, with the same Idempotency-Key if it had one; if it stays, report it."),
    denied: peer("Use a topic that `acl` allows to this client, or add a rule."),
    too_large: peer("Send less, or raise `limits.messageMaxBytes`."),
    rate_limited: peer("Wait as long as `Retry-After` says; or raise the rates in `limits`."),
    quota_exceeded: peer("Give some back, or raise the limit: see the verdict of this name."),
    overload: environment("Wait as long as `Retry-After` says, then send it again."),
    closed: nobody("Send it again."),
    not_supported: operator("Do without, or switch it on."),
    unavailable: environment("Wait as long as `Retry-After` says; the log says which back end cannot be asked."),
    bad_credentials: peer("Compare with `users`; the header is `Basic` or `Bearer`."),
    not_authorized: peer("Use the client id and tenant that these credentials are for."),
    banned: operator("Remove it from `bans`, if it is to come back."),
    too_many_sessions: operator(
      "Use fewer client ids, or raise `limits.sessionsMax` or `limits.sessionsPerTenantMax`.",
    ),
    internal: us(REPORT),
    no_value: nobody(
      "Nothing was published there since the start, or it is remembered no longer (`limits.topicsMax`, `limits.lastValueMaxBytes`).",
    ),
    busy: operator("Wait as long as `Retry-After` says; or raise `requestsMax`."),
    stopping: nobody("Send it again, when the gateway is back or to another."),
    too_many_streams: operator("Close streams that nobody reads, or raise `streams.max` or `streams.perPrincipalMax`."),
    origin_not_allowed: operator("Add the page's origin to `corsOrigins`."),
    host_not_allowed: operator("Listen on another address than loopback, or use the name `localhost`."),
    batch_too_long: peer("Smaller batches, or raise `batchItemsMax`."),
    too_many_filters: peer("Fewer filters, or raise `streams.filtersMax`."),
    too_long: peer("A shorter topic; `headersMaxBytes` is the bound."),
    headers_too_large: peer("A shorter topic or fewer headers; `headersMaxBytes` is the bound."),
    idempotency_key_reused: peer("A new key for each new request."),
    request_timeout: peer("Send faster; `headersTimeoutMs` and `requestTimeoutMs` are the bounds."),
    invalid_query: peer(MEND_REQUEST, "a key or value of the query that this path does not know"),
  },
};

export const admin: Area = {
  about: "`error.code` in answers of the admin listener that are no success.",
  usual: peer(MEND_REQUEST),
  of: {
    bad_request: peer(MEND_REQUEST, "the query or the body is not what the path takes"),
    not_found: peer("`/openapi.json` lists the paths, `/api/v1/clients` the clients."),
    unauthorized: peer("Send the `admin.token`."),
    forbidden: operator("Ask at a loopback address, or set an `admin.token`."),
    internal: us(REPORT),
  },
};
