// A UDP socket that is bound, or an error that says why not.

import { createSocket, type Socket } from "node:dgram";
import { lookup as resolve } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import { ListenError } from "./faults.ts";

/** `host`: an address or a name. Rejects with ListenError. */
export async function bindDatagramSocket(
  listener: string,
  host: string,
  port: number,
  receiveBufferBytes: number,
): Promise<Socket> {
  try {
    const address = isIP(host) === 0 ? (await resolve(host)).address : host;
    const socket = createSocket({
      type: isIPv6(address) ? "udp6" : "udp4",
      recvBufferSize: receiveBufferBytes,
      // Only addresses are sent to. Node's own way would put each datagram off to the next tick.
      lookup: (to, _options, callback) => callback(null, to, isIP(to)),
    });
    await new Promise<void>((bound, failed) => {
      socket.once("error", failed);
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off("error", failed);
        bound();
      });
    });
    return socket;
  } catch (error) {
    throw new ListenError(listener, host, port, error);
  }
}
