// hot path
// One link: a vehicle's own, or that of a platform that many vehicles are behind. Heartbeats and time requests are
// answered here; a platform's login makes the link its own, and its logout, or the link's end, takes all vehicles along.

import { Command, Response } from "gbt32960-parser";
import type { Gbt32960Frame } from "gbt32960-parser";
import { CloseReason, Refusal, SinglePublish, isAccepted, refusalReasonNames } from "../../core/index.ts";
import type { Peer } from "../../core/index.ts";
import type { FrameHost, FrameLink } from "../../net/frame-link.ts";
import { authenticate, platformCredentials } from "./admission.ts";
import { Arrival } from "./arrival.ts";
import type { ListenerContext } from "./context.ts";
import { LinkFault } from "./faults.ts";
import type { DataFault } from "./faults.ts";
import type { Link, Platform } from "./link.ts";
import { flagOf, isName, refusalFlag } from "./mapping.ts";
import { publishOnce } from "./opening.ts";
import { Vehicle } from "./vehicle.ts";

/** Vehicles of one link that are gone, and known still. */
const GONE_MAX = 64;

export class Gbt32960Connection implements FrameHost<Gbt32960Frame>, Link {
  readonly context: ListenerContext;
  readonly peer: Peer;
  readonly #link: FrameLink<Gbt32960Frame>;
  /** By VIN. */
  readonly #vehicles = new Map<string, Vehicle>();
  /** VINs of vehicles without a session, oldest first; some have come back. */
  readonly #gone = new Set<string>();
  #platform: Platform | null;
  /** A platform's login or logout, on its way. */
  #publishing: SinglePublish | null;
  /** Messages that were refused for want of a login, or came without one. */
  #refused: number;
  #id: string;
  #vehicle: Vehicle | null;

  constructor(context: ListenerContext, link: FrameLink<Gbt32960Frame>) {
    this.context = context;
    this.peer = link.peer;
    this.#link = link;
    this.#platform = null;
    this.#publishing = null;
    this.#refused = 0;
    this.#id = "";
    this.#vehicle = null;
  }

  get platform(): Platform | null {
    return this.#platform;
  }

  onFrame(frame: Gbt32960Frame): void {
    if (frame.isCommand) {
      switch (frame.command) {
        case Command.Heartbeat:
        case Command.TimeSync:
          this.#onLinkMessage(frame);
          return;
        case Command.PlatformLogin:
        case Command.PlatformLogout:
          this.#onPlatformMessage(frame.detached());
          return;
      }
    }
    if (this.#vehicle === null || this.#id !== frame.id) {
      this.#vehicle = this.#vehicleOf(frame);
      this.#id = frame.id;
    }
    this.#vehicle?.onFrame(frame);
  }

  onWritable(): void {
    for (const vehicle of this.#vehicles.values()) vehicle.onWritable();
  }

  onClosing(reason: CloseReason): void {
    this.#publishing?.cancel();
    this.#dropVehicles(reason);
  }

  send(frame: Gbt32960Frame): boolean {
    return this.#link.send(frame);
  }

  hold(): void {
    this.#link.hold();
  }

  release(): void {
    this.#link.release();
  }

  onFault(code: LinkFault | DataFault): void {
    this.#link.onFault(code);
  }

  onRefused(code: LinkFault): void {
    this.#link.onFault(code);
    this.#countRefused(code);
  }

  /** Kept for a while: it may repeat what it said last. */
  onGone(vin: string): void {
    this.#gone.delete(vin);
    this.#gone.add(vin);
    if (this.#gone.size <= GONE_MAX) return;
    for (const oldest of this.#gone) {
      this.#forgetGone(oldest);
      return;
    }
  }

  #forgetGone(vin: string): boolean {
    this.#gone.delete(vin);
    const vehicle = this.#vehicles.get(vin);
    // It may have come back, or be about to.
    if (vehicle?.isGone !== true) return false;
    vehicle.close(CloseReason.Normal);
    this.#vehicles.delete(vin);
    if (this.#vehicle === vehicle) this.#forgetLast();
    return true;
  }

  #forgetLast(): void {
    this.#vehicle = null;
    this.#id = "";
  }

  close(reason: CloseReason): void {
    this.#link.close(reason);
  }

  /** A link of many is not closed for the sake of one of them. */
  #countRefused(code: LinkFault): void {
    this.#refused++;
    if (this.#platform !== null || this.#refused < this.context.options.unauthenticatedFramesMax) return;
    this.#link.giveUp(code);
  }

  /** Says nothing of a vehicle: answered at once, and not published. */
  #onLinkMessage(frame: Gbt32960Frame): void {
    this.#answer(frame, Response.Ok);
    if (!this.#hasPresentVehicle) this.onUnannounced();
  }

  onUnannounced(): void {
    this.#countRefused(LinkFault.NotLoggedIn);
  }

  get #hasPresentVehicle(): boolean {
    for (const vehicle of this.#vehicles.values()) if (!vehicle.isGone) return true;
    return false;
  }

  #answer(frame: Gbt32960Frame, flag: number): void {
    this.#answerArrival(new Arrival(frame, this.context, this.#platform !== null), flag);
  }

  #answerArrival(arrival: Arrival, flag: number): void {
    const { gateway, options } = this.context;
    const answer = arrival.answer(flag, gateway.clock.now(), options);
    if (answer !== null) this.#link.send(answer);
  }

  /** null: the link may not carry this vehicle, and has been told so. */
  #vehicleOf(frame: Gbt32960Frame): Vehicle | null {
    const { vin } = frame;
    const known = this.#vehicles.get(vin);
    if (known !== undefined) return known;
    const fault = this.#faultOfVehicle(vin);
    if (fault !== null) {
      this.#answer(frame, Response.Error);
      this.onRefused(fault);
      return null;
    }
    const vehicle = new Vehicle(this, frame);
    this.#vehicles.set(vin, vehicle);
    return vehicle;
  }

  #faultOfVehicle(vin: string): LinkFault | null {
    const { links, vehiclesMax } = this.context.options;
    if (!isName(vin)) return LinkFault.Id;
    if (this.#platform === null) {
      return links !== "platforms" && this.#hasRoom(1) ? null : LinkFault.OtherVehicle;
    }
    return this.#hasRoom(vehiclesMax) ? null : LinkFault.TooManyVehicles;
  }

  /** At the limit, one that is gone makes room: it was kept for what it might repeat. */
  #hasRoom(vehiclesMax: number): boolean {
    if (this.#vehicles.size < vehiclesMax) return true;
    for (const vin of this.#gone) if (this.#forgetGone(vin)) return true;
    return false;
  }

  #dropVehicles(reason: CloseReason): void {
    for (const vehicle of this.#vehicles.values()) vehicle.close(reason);
    this.#vehicles.clear();
    this.#gone.clear();
    this.#forgetLast();
  }

  /** What comes behind it on this link waits until it is settled. */
  #onPlatformMessage(frame: Gbt32960Frame): void {
    const arrival = new Arrival(frame, this.context, true);
    this.#link.hold();
    const isLogin = frame.command === Command.PlatformLogin;
    const step = isLogin ? this.#platformLogin(frame, arrival) : this.#platformLogout(frame, arrival);
    void step.then(() => this.#link.release());
  }

  async #platformLogin(frame: Gbt32960Frame, arrival: Arrival): Promise<void> {
    const { gateway, options } = this.context;
    const isOwn = this.#platform === null && this.#hasPresentVehicle;
    if (
      options.links === "vehicles" ||
      isOwn ||
      !isName(frame.vin) ||
      arrival.fault !== null ||
      !arrival.frame.isPlain
    ) {
      this.#refusePlatform(arrival, LinkFault.Platform, arrival.fault === null ? Response.Error : arrival.flag);
      return;
    }
    const credentials = platformCredentials(frame.vin, arrival.frame, options);
    const principal = await authenticate(gateway, this.peer, credentials, options);
    if (principal instanceof Refusal) {
      const { listener, address } = this.peer;
      const reason = refusalReasonNames[principal.reason];
      gateway.log.debug({ platform: frame.vin, listener, address, reason }, "platform refused");
      this.#refusePlatform(arrival, LinkFault.LoginRefused, refusalFlag(principal.reason, 2016));
      return;
    }
    const platform = { code: frame.vin, principal };
    const verdict = await this.#publish(platform, arrival, "platform_login");
    if (!this.#link.isOpen) return;
    if (isAccepted(verdict)) {
      // Whoever logs in as somebody else does not keep the vehicles of the one before.
      if (this.#platform !== null && !isSame(this.#platform, platform)) this.#dropVehicles(CloseReason.Normal);
      this.#platform = platform;
      gateway.log.debug({ platform: platform.code, listener: this.peer.listener }, "platform connected");
    }
    this.#answerArrival(arrival, isAccepted(verdict) ? arrival.flag : flagOf(verdict));
  }

  async #platformLogout(frame: Gbt32960Frame, arrival: Arrival): Promise<void> {
    const platform = this.#platform;
    if (platform === null || platform.code !== frame.vin) {
      this.#refusePlatform(arrival, LinkFault.Platform, Response.Error);
      return;
    }
    const verdict = await this.#publish(platform, arrival, "platform_logout");
    if (!this.#link.isOpen) return;
    this.#answerArrival(arrival, isAccepted(verdict) ? arrival.flag : flagOf(verdict));
    if (!isAccepted(verdict)) return;
    this.#dropVehicles(CloseReason.Normal);
    this.#platform = null;
  }

  #refusePlatform(arrival: Arrival, code: LinkFault, flag: number): void {
    if (!this.#link.isOpen) return;
    this.#answerArrival(arrival, flag);
    this.onRefused(code);
  }

  /** A platform has no session of its own: it may hold many links, and says little. */
  async #publish(
    platform: Platform,
    arrival: Arrival,
    message: "platform_login" | "platform_logout",
  ): ReturnType<typeof publishOnce> {
    const { profile, options, gateway } = this.context;
    const { code, principal } = platform;
    const publishing = new SinglePublish();
    this.#publishing = publishing;
    const topic = options.publishesSessions ? profile.upTopic(code, message) : null;
    const json = profile.toJson(arrival.frame, arrival.body, {
      vin: code,
      message,
      platform: code,
      encryption: arrival.encryption,
      receivedAt: gateway.clock.now(),
      reference: null,
      fault: arrival.fault,
      signature: arrival.signature,
      serialFault: null,
    });
    const verdict = await publishOnce(this, publishing, principal, arrival.frame.version, topic, json);
    this.#publishing = null;
    return verdict;
  }
}

function isSame(one: Platform, other: Platform): boolean {
  const [a, b] = [one.principal, other.principal];
  return one.code === other.code && a.tenant === b.tenant && a.user === b.user;
}
