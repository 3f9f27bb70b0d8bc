// The public surface: a decoder for streams, a reader for datagrams, an encoder, the frame and its parts, the faults.

export { ProxyDatagram, readProxyDatagram } from "./datagram.ts";
export { ProxyDecoder } from "./decoder.ts";
export { ProxyEncoder } from "./encoder.ts";
export { DecodeFault, FaultCode } from "./faults.ts";
export {
  Command,
  Family,
  NO_PROXY_HEADER,
  ProxyEndpoint,
  ProxyHeader,
  Transport,
  type AddressFamily,
} from "./frame.ts";
export { ProxySsl, SslClient, SslTlvType, Tlv, TlvType } from "./tlv.ts";
