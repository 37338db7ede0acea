/**
 * The rooms one is in, and those one looks into, as the server's events make them.
 *
 * Events are taken a few milliseconds' worth at a time: in a busy room the page is drawn once for many of them.
 */
import { untrack } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import { answer, http, Refused } from "../api/http";
import type { Changes, DurableEvent, MemberEvent, Membership, MessageEvent, Page, Room, User } from "../api/shapes";
import type { Seen } from "../kept/room-cache";
import { asRead, noticed, readUpTo } from "../state/attention";
import { Order } from "../state/order";
import {
  applied,
  behind,
  caughtUp,
  known,
  refreshed,
  restarted,
  synced,
  withPage,
  type RoomState,
} from "../state/room";
import { trimmed, type Window } from "../state/window";
import { Arrivals } from "./arrivals";
import type { People } from "./people.svelte";
import { RoomNames } from "./room-names.svelte";
import { Timeline } from "./timeline.svelte";

/** Rooms of which messages are held, besides the one that is looked at. */
const HELD = 8;
/** Milliseconds before a room that could not be asked for is asked for again. */
const AGAIN = 2_000;

export interface RoomsListener {
  /** A new message of somebody else. */
  readonly came: (room: Room, message: MessageEvent) => void;
  /** Somebody has brought one into the room, just now or while the line was lost. */
  readonly added: (room: Room) => void;
  /** The room is not one's own any more: one left, was removed, or it is gone. `as` it was known last. */
  readonly lost: (room: number, as: Room | undefined) => void;
  /** What was missed and asked for has come. */
  readonly caughtUp: (changes: Changes) => void;
  /** What is known of the room is another. */
  readonly changed: (room: number) => void;
}

export class Rooms {
  // Read by single rooms only: to go through it would make what does so depend on every room there is.
  readonly #all = new SvelteMap<number, RoomState>();
  readonly #order = new Order();
  /** Counts the changes of the order and its sums. */
  #reordered = $state(0);
  readonly #sorted = $derived.by(() => {
    void this.#reordered;
    return [...this.#order.rooms()];
  });
  readonly #listed = $derived(this.#sorted.filter((room) => room.me?.archived === false));
  readonly #summary = $derived.by(() => {
    void this.#reordered;
    return this.#order.summary();
  });
  readonly names = new RoomNames();
  readonly #timelines = new Map<number, Timeline>();
  /** Rooms that are asked for, with what came meanwhile. */
  readonly #learning = new Map<number, DurableEvent[]>();
  /** Rooms of which what was missed is being told. */
  readonly #resuming = new Set<number>();
  readonly #catchingUp = new Set<number>();
  readonly #asking = new Set<number>();
  readonly #arrivals = new Arrivals();
  #stopped = false;
  /** Members past which a room's comings and goings are not told one by one, as the server says. */
  largeRoom = 500;
  /** Seen at its end: there the oldest messages can go. */
  atEnd: number | null = null;
  #attended = $state<number | null>(null);

  constructor(
    private readonly me: number,
    private readonly people: People,
    private readonly listener: RoomsListener,
  ) {}

  stop(): void {
    this.#stopped = true;
  }

  get(room: number): RoomState | undefined {
    return this.#all.get(room);
  }

  /** The room as the list and the page's title tell of it. */
  told(id: number): Room | undefined {
    const room = this.#all.get(id)?.room;
    return room !== undefined && id === this.#attended ? asRead(room) : room;
  }

  /** One has read all of the room and looks at its end, or does not any more (`null`). */
  attend(room: number | null): void {
    const before = untrack(() => this.#attended);
    if (room === before) return;
    this.#attended = room;
    for (const id of [before, room]) if (id !== null) untrack(() => this.#place(id));
  }

  /**
   * One's rooms, those that call loudest first; with those put away. As they were when the order last changed: what is
   * shown of one is to be had from `get`.
   */
  mine(): readonly Room[] {
    return this.#sorted;
  }

  /** The same without those put away. */
  listed(): readonly Room[] {
    return this.#listed;
  }

  /** What the page's title and badge tell: how many messages are for oneself, and whether anything else is new. */
  summary(): { readonly mentions: number; readonly unread: boolean } {
    return this.#summary;
  }

  /** The rooms one looks into without being in them. */
  visited(): number[] {
    return untrack(() => [...this.#all.values()].filter(({ room }) => room.me == null).map(({ room }) => room.id));
  }

  timeline(room: number): Timeline {
    const found = this.#timelines.get(room) ?? new Timeline(room, this);
    // The one asked for last stands last; the first are let go.
    this.#timelines.delete(room);
    this.#timelines.set(room, found);
    if (this.#timelines.size > HELD) untrack(() => this.#letGo());
    return found;
  }

  #letGo(): void {
    for (const [other, timeline] of this.#timelines) {
      if (this.#timelines.size <= HELD) return;
      this.#timelines.delete(other);
      timeline.window = null;
      this.trim(other, null);
    }
  }

  /** What of the room the browser keeps; of those one only looks into nothing. */
  kept(room: number): Seen | null {
    const state = this.#all.get(room);
    return state?.room.me == null ? null : { state, window: this.windowOf(room) };
  }

  windowOf(room: number): Window | null {
    return this.#timelines.get(room)?.window ?? null;
  }

  /** What is said when resuming: the version of each room of which messages are held. */
  versions(): Record<number, number> {
    const versions: Record<number, number> = {};
    for (const [id, { window }] of this.#timelines) {
      const state = this.#all.get(id);
      if (window !== null && state?.room.me != null) versions[id] = state.version;
    }
    return versions;
  }

  /**
   * A new connection: one's rooms as they are now. `told`: those of which what was missed will follow; `again`: there has
   * been a connection before.
   */
  greeted(rooms: readonly Room[], told: ReadonlySet<number>, again = false): void {
    const present = new Set(rooms.map((room) => room.id));
    for (const room of rooms) {
      const state = this.#all.get(room.id);
      if (room.peer != null) this.people.note(room.peer);
      if (state !== undefined && told.has(room.id)) {
        this.#set(room.id, refreshed(state, room));
        this.#resuming.add(room.id);
      } else if (state === undefined || !isAsKept(state, room)) this.#set(room.id, known(room));
      this.#arrivals.opened(room);
      if (again) this.#tellIfAdded(state?.room, room);
    }
    for (const { id } of untrack(() => this.mine())) if (!present.has(id)) this.#lose(id);
    for (const id of this.visited()) this.#resuming.add(id);
    // What could not be fetched while the line was bad can be now.
    for (const timeline of this.#timelines.values()) void timeline.again();
  }

  /** Taken from what the browser kept, until the server has greeted. */
  restore(state: RoomState, window: Window | null): void {
    this.#set(state.room.id, state);
    if (state.room.peer != null) this.people.note(state.room.peer);
    for (const notice of this.#all.get(state.room.id)?.notices.values() ?? []) this.people.noteNamed(notice);
    for (const { shown } of state.messages.values()) if (shown !== null) this.people.noteSender(shown.sender);
    if (window !== null) this.timeline(state.room.id).window = window;
  }

  hear(events: readonly DurableEvent[]): void {
    const touched = new Map<number, RoomState>();
    for (const event of events) {
      const id = event.type === "room" ? event.id : event.room;
      const state = touched.get(id) ?? this.#all.get(id);
      if (this.#isLoss(event)) {
        touched.delete(id);
        this.#lose(id);
      } else if (state === undefined) {
        // Of a room one is out of, and holds nothing of, there is nothing to learn.
        if (!this.#isLeaving(event)) this.#learnFrom(id, event);
      } else {
        touched.set(id, this.#applied(state, event));
      }
    }
    for (const [id, state] of touched) this.#settle(id, state);
  }

  /** The server has told all that was missed of the room. */
  synced(room: number, version: number): void {
    this.#resuming.delete(room);
    const state = this.#all.get(room);
    if (state !== undefined) this.#settle(room, synced(state, version));
  }

  resync(room: number, version: number): void {
    this.#resuming.delete(room);
    const state = this.#all.get(room);
    if (state === undefined) return;
    this.#set(room, restarted(state, version));
    void this.#timelines.get(room)?.restart();
  }

  /** A page of history. */
  take(room: number, page: Page): void {
    const state = this.#all.get(room);
    if (state === undefined) return;
    for (const message of page.messages) this.people.noteSender(message.sender);
    for (const notice of page.notices ?? []) this.people.noteNamed(notice);
    this.#set(room, withPage(state, page));
  }

  trim(room: number, window: Window | null): void {
    const state = this.#all.get(room);
    if (state !== undefined) this.#set(room, trimmed(state, window));
  }

  /** As the server answered: one's own counts included. */
  refresh(room: Room): void {
    if (room.peer != null) this.people.note(room.peer);
    const state = this.#all.get(room.id);
    this.#arrivals.learned(room);
    if (state?.room.me != null && room.me == null) this.#lose(room.id);
    else this.#set(room.id, state === undefined ? known(room) : refreshed(state, room));
    this.#tellIfAdded(state?.room, room);
  }

  /** Ask for the room's present state. Raises what `answer` raises. */
  async ask(room: number): Promise<Room> {
    const found = await answer(http.GET("/api/rooms/{room}", { params: { path: { room } } }));
    this.refresh(found);
    return found;
  }

  read(room: number, seq: number): void {
    const state = this.#all.get(room);
    if (state === undefined) return;
    const next = readUpTo(state, seq);
    if (next.state !== state) this.#set(room, next.state);
    if (next.ask) this.#askSoon(room);
  }

  /** How one keeps the room among one's own, as another of one's devices has changed it. */
  keptAs(room: number, how: Pick<Membership, "muted" | "archived" | "marked_unread">): void {
    const state = this.#all.get(room);
    if (state?.room.me == null) return;
    const { muted, archived, marked_unread } = how;
    this.#set(room, {
      ...state,
      room: { ...state.room, me: { ...state.room.me, muted, archived, marked_unread } },
    });
  }

  /** Somebody changed how they are shown: the conversation with them bears their name. */
  changed(user: User): void {
    for (const [id, state] of untrack(() => [...this.#all])) {
      if (state.room.peer?.id === user.id) this.#set(id, { ...state, room: { ...state.room, peer: user } });
    }
  }

  forget(room: number): void {
    this.#all.delete(room);
    this.names.put(room, null);
    if (this.#order.put(room, null)) this.#reordered += 1;
    this.listener.changed(room);
    this.#timelines.delete(room);
    this.#resuming.delete(room);
    this.#arrivals.forget(room);
  }

  #set(id: number, state: RoomState): void {
    this.#all.set(id, state);
    this.names.put(id, state.room);
    untrack(() => this.#place(id));
    this.listener.changed(id);
  }

  #place(id: number): void {
    const room = this.told(id);
    if (this.#order.put(id, room?.me == null ? null : room)) this.#reordered += 1;
  }

  #applied(state: RoomState, event: DurableEvent): RoomState {
    const next = applied(state, event, this.largeRoom);
    if (event.type === "member") {
      this.people.note(event.user);
      // Whether somebody came or only changed rank is not told: how many there are now is asked for.
      this.#askSoon(event.room);
    }
    if (event.type === "notice") this.people.noteNamed(event);
    if (event.type !== "message") return next;
    this.people.noteSender(event.sender);
    const isNew = this.#arrivals.isNew(event);
    const counted = noticed(next, event, this.me);
    if (counted.ask) this.#askSoon(event.room);
    if (isNew && event.sender.id !== this.me && !event.deleted) this.listener.came(counted.state.room, event);
    return counted.state;
  }

  #settle(id: number, state: RoomState): void {
    const timeline = this.#timelines.get(id);
    this.#set(id, state);
    timeline?.grown(this.atEnd === id);
    if (timeline === undefined || timeline.loading === "no") this.trim(id, timeline?.window ?? null);
    if (behind(state) && !this.#resuming.has(id)) void this.#catchUp(id);
  }

  #isLoss(event: DurableEvent): boolean {
    if (event.type === "room") return event.deleted === true && this.#all.has(event.id);
    return this.#isLeaving(event) && this.#all.get(event.room)?.room.me != null;
  }

  #isLeaving(event: DurableEvent): event is MemberEvent {
    return event.type === "member" && event.user.id === this.me && event.rank == null;
  }

  #lose(room: number): void {
    const state = this.#all.get(room);
    this.forget(room);
    this.listener.lost(room, state?.room);
  }

  #tellIfAdded(before: Room | undefined, now: Room): void {
    if (before?.me == null && now.me?.added_by != null) this.listener.added(now);
  }

  /** An event of a room that is not known yet: ask for it, and apply then what came meanwhile. */
  #learnFrom(id: number, event: DurableEvent): void {
    const waiting = this.#learning.get(id);
    if (waiting !== undefined) {
      waiting.push(event);
      return;
    }
    if (event.type === "room" && event.deleted === true) return;
    const events = [event];
    this.#learning.set(id, events);
    void this.#learn(id, events);
  }

  /** Brought into many rooms at once one asks for many: what is too much for the line or a limit is asked for again. */
  async #learn(id: number, events: readonly DurableEvent[]): Promise<void> {
    try {
      while (!this.#stopped && !(await this.#asked(id)));
    } finally {
      this.#learning.delete(id);
    }
    if (this.#all.has(id)) this.hear(events);
  }

  /** Whether there is an answer. */
  async #asked(id: number): Promise<boolean> {
    try {
      if (!this.#all.has(id)) await this.ask(id);
      return true;
    } catch (problem) {
      if (problem instanceof Refused && !["rate_limited", "unavailable"].includes(problem.code)) return true;
      const wait = problem instanceof Refused ? (problem.retry_after ?? 0) * 1000 : 0;
      await new Promise((done) => setTimeout(done, Math.max(AGAIN, wait) * (1 + Math.random())));
      return false;
    }
  }

  /** Something was missed: ask what changed. */
  async #catchUp(room: number): Promise<void> {
    if (this.#catchingUp.has(room)) return;
    this.#catchingUp.add(room);
    try {
      for (;;) {
        const since = this.#all.get(room)?.version;
        if (since === undefined) return;
        const params = { path: { room }, query: { since, limit: 200 } };
        const changes = await answer(http.GET("/api/rooms/{room}/changes", { params }));
        const state = this.#all.get(room);
        if (state === undefined) return;
        for (const notice of changes.notices ?? []) this.people.noteNamed(notice);
        this.#set(room, caughtUp(state, changes));
        this.listener.caughtUp(changes);
        if (changes.resync === true) await this.#timelines.get(room)?.restart();
        this.#timelines.get(room)?.grown(this.atEnd === room);
        this.trim(room, this.windowOf(room));
        if (!changes.has_more) return;
      }
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 404) this.#lose(room);
      // Else the line is bad: what is missing is told when it is good again.
    } finally {
      this.#catchingUp.delete(room);
    }
  }

  /** Several changes at once are one question. */
  #askSoon(room: number): void {
    if (this.#asking.has(room)) return;
    this.#asking.add(room);
    setTimeout(() => {
      this.#asking.delete(room);
      if (this.#all.has(room)) void this.ask(room).catch(() => undefined);
    }, 150);
  }
}

/** Whether the server tells of the room just what is held: then nothing that shows it is drawn anew, or written again. */
function isAsKept(state: RoomState, room: Room): boolean {
  const { version, heard } = state;
  const hasCome = version === room.version && heard === version && state.messages.size === 0 && state.seats.size === 0;
  return hasCome && JSON.stringify(state.room) === JSON.stringify(room);
}
