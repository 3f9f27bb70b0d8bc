// What can be wrong with bytes that a client sends. A fault is a value that parsers return: its code is counted per
// listener, its reason is what an MQTT 5 client is told, its text goes into logs and reason strings. None is resumable:
// MQTT closes the connection on all of them [MQTT-4.13.1-1, MQTT-4.8.0-1].

import { Reason } from "./reasons.ts";

export class Fault {
  readonly code: string;
  readonly reason: number;
  readonly text: string;
  constructor(code: string, reason: number, text: string) {
    this.code = code;
    this.reason = reason;
    this.text = text;
  }
}

const malformed = (code: string, text: string): Fault => new Fault(code, Reason.MalformedPacket, text);
const protocol = (code: string, text: string): Fault => new Fault(code, Reason.ProtocolError, text);

export const faults = Object.freeze({
  remainingLength: malformed(
    "MQTT_REMAINING_LENGTH",
    "remaining length takes more bytes than it needs or more than four",
  ),
  packetTooLarge: new Fault("MQTT_PACKET_TOO_LARGE", Reason.PacketTooLarge, "packet larger than the maximum told"),
  truncated: malformed("MQTT_TRUNCATED", "a field reaches beyond the end of its packet"),
  trailing: malformed("MQTT_TRAILING_BYTES", "bytes left over at the end of the packet"),
  packetType: malformed("MQTT_PACKET_TYPE", "reserved packet type"),
  flags: malformed("MQTT_FLAGS", "reserved flags of the fixed header are set"),
  notConnect: protocol("MQTT_FIRST_NOT_CONNECT", "the first packet is not CONNECT"),
  secondConnect: protocol("MQTT_SECOND_CONNECT", "CONNECT on an open connection"),
  serverPacket: protocol("MQTT_SERVER_PACKET", "a packet that only servers send"),
  utf8: malformed("MQTT_UTF8", "ill-formed UTF-8, or U+0000, in a string"),
  varint: malformed("MQTT_VARINT", "variable byte integer takes more bytes than it needs or more than four"),
  packetId: malformed("MQTT_PACKET_ID", "packet identifier is missing or 0"),

  protocolLevel: new Fault("MQTT_PROTOCOL_LEVEL", Reason.UnsupportedProtocolVersion, "protocol level is not served"),
  noClientId: new Fault("MQTT_CLIENT_ID", Reason.ClientIdentifierNotValid, "no client id"),
  protocolName: new Fault("MQTT_PROTOCOL_NAME", Reason.UnsupportedProtocolVersion, "unknown protocol name"),
  connectFlags: malformed("MQTT_CONNECT_FLAGS", "reserved flag of CONNECT is set"),
  willFlags: malformed("MQTT_WILL_FLAGS", "will QoS or will retain without a will, or will QoS 3"),
  passwordAlone: malformed("MQTT_PASSWORD_WITHOUT_USER", "password without user name"),
  willTopic: new Fault("MQTT_WILL_TOPIC", Reason.TopicNameInvalid, "the will's topic is empty or has wildcards"),
  willQos: new Fault("MQTT_WILL_QOS", Reason.QosNotSupported, "the will's QoS is not supported here"),
  willRetain: new Fault("MQTT_WILL_RETAIN", Reason.RetainNotSupported, "retained messages are not supported here"),
  authenticationMethod: new Fault(
    "MQTT_AUTHENTICATION_METHOD",
    Reason.BadAuthenticationMethod,
    "no enhanced authentication method is configured",
  ),
  authenticationData: protocol("MQTT_AUTHENTICATION_DATA", "authentication data without a method"),
  auth: protocol("MQTT_AUTH", "AUTH without an authentication method in CONNECT"),

  propertyUnknown: malformed("MQTT_PROPERTY_UNKNOWN", "unknown property"),
  propertyMisplaced: protocol("MQTT_PROPERTY_MISPLACED", "a property that this packet may not carry"),
  propertyTwice: protocol("MQTT_PROPERTY_TWICE", "a property that may stand once stands twice"),
  propertyValue: protocol("MQTT_PROPERTY_VALUE", "a property has a value that it may not have"),

  qos: malformed("MQTT_QOS", "QoS 3"),
  dupQos0: malformed("MQTT_DUP_QOS0", "DUP with QoS 0"),
  topicWildcard: new Fault("MQTT_TOPIC_WILDCARD", Reason.TopicNameInvalid, "wildcard in a topic name"),
  topicEmpty: protocol("MQTT_TOPIC_EMPTY", "empty topic without a topic alias"),
  topicAlias: new Fault("MQTT_TOPIC_ALIAS", Reason.TopicAliasInvalid, "topic alias is 0 or above the maximum told"),
  topicAliasUnknown: protocol("MQTT_TOPIC_ALIAS_UNKNOWN", "topic alias was not set on this connection"),
  qosNotSupported: new Fault("MQTT_QOS_NOT_SUPPORTED", Reason.QosNotSupported, "QoS is not supported here"),
  retainNotSupported: new Fault(
    "MQTT_RETAIN_NOT_SUPPORTED",
    Reason.RetainNotSupported,
    "retained messages are not supported here",
  ),
  payloadFormat: new Fault("MQTT_PAYLOAD_FORMAT", Reason.PayloadFormatInvalid, "payload is not the text it says it is"),
  receiveMaximum: new Fault(
    "MQTT_RECEIVE_MAXIMUM",
    Reason.ReceiveMaximumExceeded,
    "more unacknowledged messages than the receive maximum told",
  ),
  responseTopic: protocol("MQTT_RESPONSE_TOPIC", "wildcard in a response topic, or an empty one"),

  noFilter: protocol("MQTT_NO_FILTER", "SUBSCRIBE or UNSUBSCRIBE without a filter"),
  filterEmpty: protocol("MQTT_FILTER_EMPTY", "empty topic filter"),
  tooManyFilters: new Fault("MQTT_TOO_MANY_FILTERS", Reason.QuotaExceeded, "too many filters in one packet"),
  subscribeOptions: malformed("MQTT_SUBSCRIBE_OPTIONS", "QoS 3 or reserved bits in subscription options"),
  retainHandling: protocol("MQTT_RETAIN_HANDLING", "retain handling 3"),
  noLocalShared: protocol("MQTT_NO_LOCAL_SHARED", "no local with a shared subscription"),
  subscriptionIdentifiers: new Fault(
    "MQTT_SUBSCRIPTION_IDENTIFIERS",
    Reason.SubscriptionIdentifiersNotSupported,
    "subscription identifiers are not supported here",
  ),
  answerTooLarge: new Fault(
    "MQTT_ANSWER_TOO_LARGE",
    Reason.PacketTooLarge,
    "the answer is larger than the client's maximum packet size",
  ),
  reasonCode: protocol("MQTT_REASON_CODE", "a reason code that this packet may not carry"),
  sessionExpiry: protocol("MQTT_SESSION_EXPIRY", "DISCONNECT raises a session expiry of 0"),
  heldTooMuch: new Fault("MQTT_HELD_TOO_MUCH", Reason.ReceiveMaximumExceeded, "too much sent ahead of an answer"),
});
