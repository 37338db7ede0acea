/** Keeps the rooms as the server has them: applies its events, and asks for what was missed or is not known yet. */
import { answer, http, Refused } from "../../api/http";
import type { Changes, DurableEvent, MemberEvent, MessageEvent, Room } from "../../api/shapes";
import type { People } from "../entities/people.svelte";
import { behind, known, refreshed, synced } from "../entities/room";
import type { RoomStore } from "../entities/room-store.svelte";
import type { Rooms } from "../entities/rooms.svelte";
import { noticed, readUpTo } from "../entities/unread";
import { Arrivals } from "./arrivals";
import { RoomLookup } from "./room-lookup";

/** Milliseconds in which questions about one room are one question. */
const SOON = 150;

export interface RoomSyncListener {
  /** A new message of somebody else. */
  readonly came: (room: Room, message: MessageEvent) => void;
  /** Somebody has brought one into the room, just now or while the line was lost. */
  readonly added: (room: Room) => void;
  /** The room is not one's own any more: one left, was removed, or it is gone. `as` it was known last. */
  readonly lost: (room: number, as: Room | undefined) => void;
  /** There are too many changes of the room to resume it. */
  readonly missed: (room: number) => void;
}

export class RoomSync {
  readonly #lookup = new RoomLookup(
    async (id) => {
      if (this.rooms.get(id) === undefined) await this.ask(id);
    },
    (id, events) => {
      if (this.rooms.get(id) !== undefined) this.hear(events);
    },
  );
  /** Rooms of which what was missed is being told. */
  readonly #resuming = new Set<number>();
  readonly #catchingUp = new Set<number>();
  readonly #asking = new Set<number>();
  readonly #arrivals = new Arrivals();
  /** Members past which a room's comings and goings are not told one by one, as the server says. */
  largeRoom = 500;

  constructor(
    private readonly me: number,
    private readonly rooms: Rooms,
    private readonly people: People,
    private readonly listener: RoomSyncListener,
  ) {}

  stop(): void {
    this.#lookup.stop();
  }

  /**
   * A new connection: one's rooms as they are now. `told`: those of which what was missed will follow; `again`: there has
   * been a connection before.
   */
  greeted(rooms: readonly Room[], told: ReadonlySet<number>, again = false): void {
    const present = new Set(rooms.map((room) => room.id));
    for (const room of rooms) {
      const store = this.rooms.get(room.id);
      const before = store?.room;
      if (room.peer != null) this.people.note(room.peer);
      if (store !== undefined && told.has(room.id)) {
        this.rooms.put(room.id, refreshed(store.state, room));
        this.#resuming.add(room.id);
      } else if (store === undefined || !isAsKept(store, room)) this.rooms.put(room.id, known(room));
      this.#arrivals.opened(room);
      if (again) this.#tellIfAdded(before, room);
    }
    for (const { id } of [...this.rooms.mine()]) if (!present.has(id)) this.lose(id);
    for (const id of this.rooms.visited()) this.#resuming.add(id);
    // What could not be fetched while the line was bad can be now.
    for (const timeline of this.rooms.timelines()) void timeline.again();
  }

  hear(events: readonly DurableEvent[]): void {
    const touched = new Set<number>();
    for (const event of events) {
      const id = event.type === "room" ? event.id : event.room;
      const store = this.rooms.get(id);
      if (this.#isLoss(event)) {
        touched.delete(id);
        this.lose(id);
      } else if (store === undefined) {
        // Of a room one is out of, and holds nothing of, there is nothing to learn.
        if (!this.#isLeaving(event)) this.#lookup.learn(id, event);
      } else {
        touched.add(id);
        this.#apply(store, event);
      }
    }
    for (const id of touched) this.#settle(id);
  }

  /** The server has told all that was missed of the room. */
  synced(room: number, version: number): void {
    this.#resuming.delete(room);
    const store = this.rooms.get(room);
    if (store === undefined) return;
    store.set(synced(store.state, version));
    this.#settle(room);
  }

  /** Too much was missed to be told. */
  resync(room: number, version: number): void {
    this.#resuming.delete(room);
    const store = this.rooms.get(room);
    if (store === undefined) return;
    store.restart(version);
    void this.rooms.heldTimeline(room)?.restart();
    this.listener.missed(room);
  }

  /** Take over the server's answer, with the user's own counts. */
  refresh(room: Room): void {
    const before = this.rooms.get(room.id)?.room;
    this.#arrivals.learned(room);
    if (before?.me != null && room.me == null) this.lose(room.id);
    else this.rooms.refresh(room);
    this.#tellIfAdded(before, room);
  }

  /** Ask for the room's present state. Raises what `answer` raises. */
  async ask(room: number): Promise<Room> {
    const found = await answer(http.GET("/api/rooms/{room}", { params: { path: { room } } }));
    this.refresh(found);
    return found;
  }

  read(room: number, seq: number): void {
    const store = this.rooms.get(room);
    if (store === undefined) return;
    const next = readUpTo(store.state, seq);
    store.set(next.state);
    if (next.ask) this.#askSoon(room);
  }

  forget(room: number): void {
    this.rooms.forget(room);
    this.#resuming.delete(room);
    this.#arrivals.forget(room);
  }

  lose(room: number): void {
    const as = this.rooms.get(room)?.room;
    this.forget(room);
    this.listener.lost(room, as);
  }

  #apply(store: RoomStore, event: DurableEvent): void {
    store.apply(event, this.largeRoom);
    if (event.type === "member") {
      this.people.note(event.user);
      // Whether somebody came or only changed rank is not told: how many there are now is asked for.
      this.#askSoon(event.room);
    }
    if (event.type === "notice") this.people.noteNamed(event);
    if (event.type !== "message") return;
    this.people.noteSender(event.sender);
    const isNew = this.#arrivals.isNew(event);
    const counted = noticed(store.state, event, this.me);
    store.set(counted.state);
    if (counted.ask) this.#askSoon(event.room);
    if (isNew && event.sender.id !== this.me && !event.deleted) this.listener.came(store.room, event);
  }

  #settle(room: number): void {
    this.rooms.settle(room);
    const store = this.rooms.get(room);
    if (store !== undefined && behind(store.state) && !this.#resuming.has(room)) void this.#catchUp(room);
  }

  #isLoss(event: DurableEvent): boolean {
    if (event.type === "room") return event.deleted === true && this.rooms.get(event.id) !== undefined;
    return this.#isLeaving(event) && this.rooms.get(event.room)?.room.me != null;
  }

  #isLeaving(event: DurableEvent): event is MemberEvent {
    return event.type === "member" && event.user.id === this.me && event.rank == null;
  }

  #tellIfAdded(before: Room | undefined, now: Room): void {
    if (before?.me == null && now.me?.added_by != null) this.listener.added(now);
  }

  /** Something was missed: ask what changed. */
  async #catchUp(room: number): Promise<void> {
    if (this.#catchingUp.has(room)) return;
    this.#catchingUp.add(room);
    try {
      while (await this.#caughtUpSome(room));
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 404) this.lose(room);
      // Else the line is bad: what is missing is told when it is good again.
    } finally {
      this.#catchingUp.delete(room);
    }
  }

  /** Whether there is more. */
  async #caughtUpSome(room: number): Promise<boolean> {
    const since = this.rooms.get(room)?.version;
    if (since === undefined) return false;
    const params = { path: { room }, query: { since, limit: 200 } };
    const changes: Changes = await answer(http.GET("/api/rooms/{room}/changes", { params }));
    const store = this.rooms.get(room);
    if (store === undefined) return false;
    for (const notice of changes.notices ?? []) this.people.noteNamed(notice);
    store.catchUp(changes);
    if (changes.resync === true) {
      this.listener.missed(room);
      await this.rooms.heldTimeline(room)?.restart();
    }
    this.rooms.settle(room);
    return changes.has_more;
  }

  /** Several changes at once are one question. */
  #askSoon(room: number): void {
    if (this.#asking.has(room)) return;
    this.#asking.add(room);
    setTimeout(() => {
      this.#asking.delete(room);
      if (this.rooms.get(room) !== undefined) void this.ask(room).catch(() => undefined);
    }, SOON);
  }
}

/** Whether the server tells of the room just what is held: then nothing that shows it is drawn anew, or written again. */
function isAsKept(store: RoomStore, room: Room): boolean {
  const { version, heard, seats } = store.state;
  const hasCome = version === room.version && heard === version && !store.holdsMessages && seats.size === 0;
  return hasCome && JSON.stringify(store.room) === JSON.stringify(room);
}
