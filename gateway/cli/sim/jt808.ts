// `tributary sim jt808`: a fleet of terminals, and the load that measures what a gateway takes.

import { DecodeFault, FRAME_MAX_BYTES, HeaderForm, Jt808Bodies, Jt808Decoder, Jt808Encoder } from "jt808-parser";
import { CommandError, ExitCode } from "../../exit-code.ts";
import { SimTerminal, type Fleet } from "./jt808-terminal.ts";
import { Road } from "./jt808-vehicle.ts";
import { runCommand } from "./run-command.ts";
import { SimCounts } from "./sim-counts.ts";
import { SimLink, type LinkOwner, type SimTarget } from "./sim-link.ts";
import type { SimFlags } from "./sim-options.ts";

export interface Jt808SimFlags extends SimFlags {
  readonly port: number;
  readonly terminals: number;
  readonly links?: number;
  readonly udp?: boolean;
  readonly phone: number;
  readonly protocol: "2013" | "2019";
  readonly code?: string;
}

/** The terminals of one link, told apart by the phone number in each header. */
class TerminalLink implements LinkOwner {
  readonly link: SimLink;
  readonly terminals: SimTerminal[] = [];
  readonly #byPhone = new Map<string, SimTerminal>();
  readonly #counts: SimCounts;
  #decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  #isReopened = false;

  constructor(target: SimTarget, counts: SimCounts) {
    this.link = new SimLink(target, this);
    this.#counts = counts;
  }

  add(terminal: SimTerminal): void {
    this.terminals.push(terminal);
    this.#byPhone.set(terminal.phone, terminal);
  }

  onOpen(): void {
    if (this.#isReopened) this.#counts.reconnects++;
    this.#isReopened = true;
    this.#decoder = new Jt808Decoder(FRAME_MAX_BYTES);
    const now = performance.now();
    for (const terminal of this.terminals) terminal.onOpen(now);
    this.link.flush();
  }

  onBytes(chunk: Uint8Array): void {
    const now = performance.now();
    this.#decoder.push(chunk);
    for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
      if (!(next instanceof DecodeFault)) this.#byPhone.get(next.phone)?.onFrame(next, now);
    }
    this.link.flush();
  }

  onLost(): void {
    for (const terminal of this.terminals) terminal.onLost();
  }
}

export async function simJt808(flags: Jt808SimFlags): Promise<void> {
  const { terminals, links = terminals, phone, interval, window } = flags;
  if (links > terminals) throw new CommandError(ExitCode.Usage, `${links} links for ${terminals} terminals`);
  const counts = new SimCounts();
  const bodies = new Jt808Bodies();
  const fleet: Fleet = {
    bodies,
    encoder: new Jt808Encoder(),
    road: new Road(bodies),
    counts,
    form: flags.protocol === "2019" ? HeaderForm.V2019 : HeaderForm.V2013,
    heartbeatMs: flags.heartbeat,
    window: interval === 0 ? window : 0,
    code: flags.code ?? null,
  };
  const target = { host: flags.host, port: flags.port, isUdp: flags.udp === true };
  const owners = Array.from({ length: links }, () => new TerminalLink(target, counts));
  const digits = fleet.form === HeaderForm.V2019 ? 20 : 12;
  const devices = Array.from({ length: terminals }, (_, number) => {
    const owner = owners[number % links]!;
    const terminal = new SimTerminal(fleet, owner.link, `${phone + number}`.padStart(digits, "0"), number);
    owner.add(terminal);
    return terminal;
  });
  await runCommand(flags, { devices, links: owners.map(({ link }) => link), counts });
}
