// What all links of one listener share, made once when the adapter is created.

import { Gb18030, Jt808Bodies, Jt808Encoder, ReassemblyBudget } from "jt808-parser";
import type { TextCoder } from "jt808-parser";
import type { Gateway, ListenerMeter } from "../../core/index.ts";
import type { Turn } from "../../net/turn.ts";
import { KnownTerminals } from "./admission.ts";
import type { AuthCodes } from "./admission.ts";
import { Ciphers } from "./ciphers.ts";
import type { ListenerOptions } from "./config.ts";
import type { Holders } from "./holders.ts";
import { MediaDirectory } from "./media-directory.ts";
import type { Profile } from "./profile.ts";
import { emqxProfile } from "./profile-emqx.ts";
import { nativeProfile } from "./profile-native.ts";
import { TerminalMemory } from "./terminal-memory.ts";
import { Utf8OrGbk } from "./utf8-text.ts";

export class ListenerContext {
  readonly gateway: Gateway;
  readonly turn: Turn;
  readonly options: ListenerOptions;
  readonly profile: Profile;
  readonly codes: AuthCodes;
  /** How texts on the wire are written, in bodies and elsewhere. */
  readonly text: TextCoder;
  readonly bodies: Jt808Bodies;
  readonly known: KnownTerminals;
  readonly holders: Holders;
  readonly memory = new TerminalMemory();
  readonly ciphers: Ciphers;
  readonly fragmentBudget: ReassemblyBudget;
  /** null: media are published as base64. */
  readonly files: MediaDirectory | null;
  readonly encoder = new Jt808Encoder();

  constructor(gateway: Gateway, turn: Turn, options: ListenerOptions, codes: AuthCodes, holders: Holders) {
    this.gateway = gateway;
    this.turn = turn;
    this.options = options;
    const { emqx } = options;
    this.text = emqx === null || emqx.isGbk ? new Gb18030() : new Utf8OrGbk();
    this.bodies = new Jt808Bodies(undefined, this.text);
    this.profile = emqx === null ? nativeProfile(options.publishSessionMessages) : emqxProfile(emqx, this.text);
    this.codes = codes;
    this.holders = holders;
    const { multimedia, rsa, fragmentsTotalBytesMax } = options.uplink;
    this.ciphers = new Ciphers(rsa, this.memory);
    this.fragmentBudget = new ReassemblyBudget(fragmentsTotalBytesMax);
    this.files = multimedia === null ? null : new MediaDirectory(multimedia, gateway.clock, gateway.log);
    this.known = new KnownTerminals(options.knownTerminals);
  }

  meter(listener: string): ListenerMeter {
    return this.gateway.meter(listener);
  }
}
