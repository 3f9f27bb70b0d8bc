// What all links of one listener share, made once when the adapter is created.

import { Gbt32960Bodies, Gbt32960Encoder } from "gbt32960-parser";
import type { Gateway, ListenerMeter } from "../../core/index.ts";
import type { Turn } from "../../net/turn.ts";
import type { ListenerOptions } from "./config.ts";
import { emqxProfile } from "./emqx.ts";
import { Keys } from "./keys.ts";
import type { Profile } from "./profile.ts";
import { nativeProfile } from "./profile-native.ts";

export class ListenerContext {
  readonly gateway: Gateway;
  readonly turn: Turn;
  readonly options: ListenerOptions;
  readonly profile: Profile;
  readonly bodies = new Gbt32960Bodies();
  readonly keys: Keys;
  readonly encoder = new Gbt32960Encoder();

  /** Throws when a file of a key cannot be used. */
  constructor(gateway: Gateway, turn: Turn, options: ListenerOptions) {
    this.gateway = gateway;
    this.turn = turn;
    this.options = options;
    this.profile = options.emqxMountpoint === null ? nativeProfile : emqxProfile(options.emqxMountpoint);
    this.keys = new Keys(options.ciphers);
  }

  meter(listener: string): ListenerMeter {
    return this.gateway.meter(listener);
  }
}
