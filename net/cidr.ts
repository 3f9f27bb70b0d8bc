// Sets of addresses, as operators write them: single ones and CIDR blocks, IPv4 and IPv6.

import { BlockList, isIP } from "node:net";

export class CidrList {
  readonly #blocks = new BlockList();

  /** Throws RangeError, naming the text, for what is neither an address nor a block. */
  constructor(blocks: readonly string[]) {
    for (const text of blocks) this.#add(text);
  }

  /** `address`: IPv4 or IPv6; anything else ("" for a UNIX socket) is in no list. */
  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#blocks.check(address, familyOf(version));
  }

  #add(text: string): void {
    const slash = text.indexOf("/");
    const address = slash < 0 ? text : text.slice(0, slash);
    const version = isIP(address);
    const widest = version === 6 ? 128 : 32;
    const prefix = slash < 0 ? String(widest) : text.slice(slash + 1);
    if (version === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > widest)
      throw new RangeError(`${JSON.stringify(text)} is neither an IP address nor a CIDR block`);
    this.#blocks.addSubnet(address, Number(prefix), familyOf(version));
  }
}

function familyOf(version: number): "ipv4" | "ipv6" {
  return version === 6 ? "ipv6" : "ipv4";
}
