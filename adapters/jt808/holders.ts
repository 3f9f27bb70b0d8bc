// Who holds the session of which terminal, over all links of the adapter. A stream's peer is who it was when it connected;
// the source of a datagram may be forged, so over UDP a terminal that another link holds must show its code again.

/** A terminal on its link. */
export interface Holder {
  /** False: it has ended, and holds nothing any more. */
  readonly isHolding: boolean;
}

/** At most one entry for each session. */
export class Holders {
  /** By tenant and client id. */
  readonly #byTerminal = new Map<string, Holder>();

  isHeldByOther(terminal: string, who: Holder): boolean {
    const holder = this.#byTerminal.get(terminal);
    return holder !== undefined && holder !== who;
  }

  /** Gives whom it was taken from, or null. */
  claim(terminal: string, who: Holder): Holder | null {
    const holder = this.#byTerminal.get(terminal) ?? null;
    this.#byTerminal.set(terminal, who);
    return holder === who ? null : holder;
  }

  /** Does nothing when somebody else holds it. */
  release(terminal: string, who: Holder): void {
    if (this.#byTerminal.get(terminal) === who) this.#byTerminal.delete(terminal);
  }

  /** The claim came to nothing: who held it before holds it again, unless it has ended meanwhile. */
  giveBack(terminal: string, who: Holder, previous: Holder | null): void {
    const holder = this.#byTerminal.get(terminal);
    if (holder !== undefined && holder !== who) return;
    if (previous?.isHolding === true) this.#byTerminal.set(terminal, previous);
    else this.#byTerminal.delete(terminal);
  }
}
