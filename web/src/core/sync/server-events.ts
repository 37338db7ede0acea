/**
 * What each event of the server changes. Those that change rooms are gathered for a few milliseconds and applied together:
 * in a busy room the page is drawn once for many of them.
 */
import type { ConnectEvent, DurableEvent, ServerEvent, User } from "../../api/shapes";
import type { Activity } from "../entities/activity.svelte";
import type { People } from "../entities/people.svelte";
import type { Receipts } from "../entities/receipts.svelte";
import type { Rooms } from "../entities/rooms.svelte";
import type { Threads } from "../entities/threads";
import type { Typing } from "../entities/typing.svelte";
import { workspace } from "../workspace.svelte";
import type { KeptOnDemand } from "./kept-on-demand";
import type { RoomSync } from "./room-sync";

/** Milliseconds for which events are gathered before they are applied. */
const GATHER = 12;

/** Entries of one's stream about what one keeps. */
const KEPT: ReadonlySet<string> = new Set(["saved", "reminder", "draft", "scheduled"]);

export type Ack = Extract<ServerEvent, { type: "ack" }>;
export type ErrorEvent = Extract<ServerEvent, { type: "error" }>;

/** What the events change. */
export interface Changed {
  readonly rooms: Rooms;
  readonly sync: RoomSync;
  readonly people: People;
  readonly receipts: Receipts;
  readonly keeping: KeptOnDemand;
  readonly typing: Typing;
  readonly activity: Activity;
  readonly threads: Threads;
  /** The position of the user's stream at which the last entry of each kind came. */
  readonly entries: Map<string, number>;
}

export interface ServerEventsListener {
  readonly connected: (event: ConnectEvent) => void;
  readonly acknowledged: (ack: Ack) => void;
  readonly refused: (error: ErrorEvent) => void;
  /** Somebody is shown in another way. */
  readonly userChanged: (user: User) => void;
}

export class ServerEvents {
  #gathered: DurableEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly me: number,
    private readonly changed: Changed,
    private readonly listener: ServerEventsListener,
  ) {}

  hear(event: ServerEvent): void {
    const { entries } = this.changed;
    switch (event.type) {
      case "message":
      case "reaction":
      case "member":
      case "room":
      case "notice":
        this.#gathered.push(event);
        this.#timer ??= setTimeout(() => this.apply(), GATHER);
        return;
      case "ack":
        this.listener.acknowledged(event);
        return;
      case "error":
        this.listener.refused(event);
        return;
      case "entry":
        entries.set(event.kind, event.position);
        if (KEPT.has(event.kind)) this.changed.keeping.entry(event);
        // Messages of one's rooms come as events of the room.
        if (event.kind !== "membership" && event.kind !== "thread") return;
    }
    // These tell of a moment in the stream: what came before them is applied before them.
    this.apply();
    this.#moment(event);
  }

  /** What has been gathered. */
  apply(): void {
    this.stop();
    const events = this.#gathered;
    if (events.length === 0) return;
    this.#gathered = [];
    this.changed.sync.hear(events);
    for (const event of events) {
      this.changed.keeping.hear(event);
      if (event.type !== "message") continue;
      this.changed.typing.hear(event.room, event.sender.id, false);
      this.changed.threads.followed.hear(event);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #moment(event: Exclude<ServerEvent, DurableEvent | Ack | ErrorEvent>): void {
    const { rooms, sync, people, receipts, typing, activity, threads } = this.changed;
    switch (event.type) {
      case "connect":
        this.listener.connected(event);
        break;
      case "synced":
        sync.synced(event.room, event.version);
        break;
      case "resync":
        sync.resync(event.room, event.version);
        break;
      case "typing":
        if (event.user !== this.me) typing.hear(event.room, event.user, event.on);
        break;
      case "activity":
        activity.hear(event.room, event);
        break;
      case "presence":
        people.presence(event.user, event.status, event.last_seen);
        break;
      case "workspace":
        workspace.heard(event.workspace);
        break;
      case "user":
        this.listener.userChanged(event.user);
        break;
      case "read":
        if (event.user === this.me) sync.read(event.room, event.seq);
        receipts.hear(event.room, event.user, { read: event.seq });
        break;
      case "membership":
        rooms.keptAs(event.room, event);
        break;
      case "entry":
        // What one did on another device: in contrast to `read` and `membership` this is never dropped.
        if (event.room == null) break;
        if (event.thread != null && event.seq != null) threads.marked(event.room, event.seq, event.thread);
        if (event.me == null) break;
        sync.read(event.room, event.me.read_seq);
        rooms.keptAs(event.room, event.me);
        break;
      case "thread":
        if (event.user === this.me) threads.marked(event.room, event.root, event);
        break;
      case "delivered":
        receipts.hear(event.room, event.user, { delivered: event.seq });
        break;
    }
  }
}
