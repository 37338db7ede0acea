/** The rooms one is in, and those one looks into: a store for each, the order of the list, their names and timelines. */
import { untrack } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import type { Membership, Page, Room, User } from "../../api/shapes";
import type { Restored, Seen } from "../persistence/room-cache";
import type { People } from "./people.svelte";
import { known, refreshed, type RoomState } from "./room";
import { RoomNames } from "./room-names.svelte";
import { RoomOrder } from "./room-order";
import { RoomStore } from "./room-store.svelte";
import { Timeline } from "./timeline.svelte";
import { asRead } from "./unread";

/** Rooms of which messages are held, besides the one that is looked at. */
const HELD = 8;

export class Rooms {
  // Read by single rooms only: to go through it would make what does so depend on every room there is.
  readonly #all = new SvelteMap<number, RoomStore>();
  readonly #order = new RoomOrder();
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
  /** Seen at its end: there the oldest messages can go. */
  atEnd: number | null = null;
  #attended = $state<number | null>(null);

  /** `changed`: called when what is known of a room is another. */
  constructor(
    private readonly people: People,
    private readonly changed: (room: number) => void,
  ) {}

  get(room: number): RoomStore | undefined {
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
   * The user's rooms, mentions first, then unread ones; archived ones, too. As they were when the order last changed: what is
   * shown of one is to be had from `get`.
   */
  mine(): readonly Room[] {
    return this.#sorted;
  }

  /** The same without archived ones. */
  listed(): readonly Room[] {
    return this.#listed;
  }

  /** What the page's title and badge tell: how many messages are for oneself, and whether anything else is new. */
  summary(): { readonly forMe: number; readonly mentions: number; readonly unread: boolean } {
    return this.#summary;
  }

  /** The rooms one looks into without being in them. */
  visited(): number[] {
    return untrack(() => [...this.#all.values()].filter(({ room }) => room.me == null).map(({ id }) => id));
  }

  timeline(room: number): Timeline {
    const found = this.#timelines.get(room) ?? new Timeline(room, this);
    // The one asked for last stands last; the first are let go.
    this.#timelines.delete(room);
    this.#timelines.set(room, found);
    if (this.#timelines.size > HELD) untrack(() => this.#letGo());
    return found;
  }

  /** The timeline of a room that was looked at lately. */
  heldTimeline(room: number): Timeline | undefined {
    return this.#timelines.get(room);
  }

  /** Those that are held. */
  timelines(): Iterable<Timeline> {
    return this.#timelines.values();
  }

  /** What of the room the browser keeps; of those one only looks into nothing. */
  kept(room: number): Seen | null {
    const store = this.#all.get(room);
    if (store?.room.me == null) return null;
    const window = this.#timelines.get(room)?.window ?? null;
    return { state: store.state, window, held: (seq) => store.held(seq), inRoom: (from, to) => store.inRoom(from, to) };
  }

  /** What is said when resuming: the version of each room of which messages are held. */
  versions(): Record<number, number> {
    const versions: Record<number, number> = {};
    for (const [id, { window }] of this.#timelines) {
      const store = this.#all.get(id);
      if (window !== null && store?.room.me != null) versions[id] = store.version;
    }
    return versions;
  }

  /** Taken from what the browser kept, until the server has greeted. */
  restore({ state, window, messages }: Restored): void {
    const { room } = state;
    this.put(room.id, state);
    if (room.peer != null) this.people.note(room.peer);
    for (const notice of state.notices.values()) this.people.noteNamed(notice);
    for (const { shown } of messages.values()) if (shown !== null) this.people.noteSender(shown.sender);
    if (window !== null) this.timeline(room.id).restore(window, messages);
  }

  /** Several events have come: what is shown grows with them, and what is not shown goes. */
  settle(room: number): void {
    const timeline = this.#timelines.get(room);
    if (timeline === undefined) this.#all.get(room)?.trim(null);
    else timeline.grown(this.atEnd === room);
  }

  heldChanged(room: number): void {
    this.changed(room);
  }

  noteNamed(page: Page): void {
    for (const message of page.messages) this.people.noteSender(message.sender);
    for (const notice of page.notices ?? []) this.people.noteNamed(notice);
  }

  /** Take over the server's answer, with the user's own counts. */
  refresh(room: Room): void {
    if (room.peer != null) this.people.note(room.peer);
    const state = this.#all.get(room.id)?.state;
    this.put(room.id, state === undefined ? known(room) : refreshed(state, room));
  }

  /** Muted, archived, marked as unread: changed by the user on another device. */
  keptAs(room: number, how: Pick<Membership, "muted" | "archived" | "marked_unread">): void {
    const state = this.#all.get(room)?.state;
    if (state?.room.me == null) return;
    const { me } = state.room;
    const { muted, archived, marked_unread } = how;
    // So it is after each message that is read: the server says to all devices what this one knows.
    if (me.muted === muted && me.archived === archived && me.marked_unread === marked_unread) return;
    this.put(room, { ...state, room: { ...state.room, me: { ...me, muted, archived, marked_unread } } });
  }

  /** Somebody changed how they are shown: the conversation with them bears their name. */
  peerChanged(user: User): void {
    for (const [id, { state }] of untrack(() => [...this.#all])) {
      if (state.room.peer?.id === user.id) this.put(id, { ...state, room: { ...state.room, peer: user } });
    }
  }

  put(id: number, state: RoomState): void {
    const store = this.#all.get(id);
    if (store !== undefined) {
      store.set(state);
      return;
    }
    const made = new RoomStore(state, (changed) => this.#changed(changed));
    this.#all.set(id, made);
    this.#changed(made);
  }

  forget(room: number): void {
    this.#all.delete(room);
    this.names.put(room, null);
    if (this.#order.put(room, null)) this.#reordered += 1;
    this.changed(room);
    this.#timelines.delete(room);
  }

  #changed(store: RoomStore): void {
    this.names.put(store.id, store.room);
    untrack(() => this.#place(store.id));
    this.changed(store.id);
  }

  #place(id: number): void {
    const room = this.told(id);
    if (this.#order.put(id, room?.me == null ? null : room)) this.#reordered += 1;
  }

  #letGo(): void {
    for (const [other, timeline] of this.#timelines) {
      if (this.#timelines.size <= HELD) return;
      this.#timelines.delete(other);
      timeline.letGo();
    }
  }
}
