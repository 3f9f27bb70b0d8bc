// What all links of one listener share, made once when the adapter is created.

import { Gb18030, Jt808Encoder } from "jt808-parser";
import type { Jt808Bodies } from "jt808-parser";
import type { Gateway, ListenerMeter } from "../../core/index.ts";
import type { Turn } from "../../net/turn.ts";
import { KnownTerminals } from "./admission.ts";
import type { AuthCodes } from "./admission.ts";
import type { ListenerOptions } from "./config.ts";
import type { Profile } from "./profile.ts";
import { nativeProfile } from "./profile-native.ts";

export class ListenerContext {
  readonly gateway: Gateway;
  readonly turn: Turn;
  readonly options: ListenerOptions;
  readonly profile: Profile;
  readonly codes: AuthCodes;
  readonly bodies: Jt808Bodies;
  readonly known: KnownTerminals;
  readonly encoder = new Jt808Encoder();
  readonly text = new Gb18030();

  constructor(gateway: Gateway, turn: Turn, options: ListenerOptions, codes: AuthCodes, bodies: Jt808Bodies) {
    this.gateway = gateway;
    this.turn = turn;
    this.options = options;
    this.profile = nativeProfile(options.publishSessionMessages);
    this.codes = codes;
    this.bodies = bodies;
    this.known = new KnownTerminals(options.knownTerminals);
  }

  meter(listener: string): ListenerMeter {
    return this.gateway.meter(listener);
  }
}
