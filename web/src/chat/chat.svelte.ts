/** Everything of one signed-in user: the line to the server, and what has come over it. */
import { SvelteSet } from "svelte/reactivity";
import { answer, http } from "../api/http";
import type {
  Changes,
  ChosenStatus,
  DurableEvent,
  Message,
  MessageEvent,
  Room,
  ServerEvent,
  SocketLimits,
  User,
} from "../api/shapes";
import { forget, openKept, type Draft, type Kept } from "../kept/database";
import { takeLast } from "../kept/last-words";
import { RoomCache } from "../kept/room-cache";
import { Tabs, type Notice } from "../kept/tabs";
import { Connection, type Line } from "../live/connection";
import { isMarked } from "../state/attention";
import { fieldSentence, fetchSentences, sentence } from "../words/errors";
import type { EditCommand } from "../state/commands";
import { pendingIn, type Outgoing as Pending } from "../state/outbox";
import { t } from "../words/words.svelte";
import { Activity } from "./activity.svelte";
import { Commands } from "./commands.svelte";
import { Drafts } from "./drafts.svelte";
import { roomName } from "./naming";
import { Outgoing } from "./outgoing.svelte";
import { People } from "./people.svelte";
import { Receipts } from "./receipts.svelte";
import { Replies } from "./replies.svelte";
import { Rooms } from "./rooms.svelte";
import { Singles } from "./singles.svelte";
import { Typing } from "./typing.svelte";

/** Milliseconds for which events are gathered before they are applied. */
const GATHER = 12;
const NONE: readonly Pending[] = [];

export interface ChatListener {
  readonly ended: () => void;
  readonly came: (room: Room, message: MessageEvent) => void;
}

export class Chat {
  me = $state.raw<User>() as User;
  line = $state<Line>("connecting");
  /** The server has told one's rooms. */
  greeted = $state(false);
  limits = $state.raw<SocketLimits>({
    message_length: 10000,
    frame_bytes: 131072,
    frames_per_second: 50,
    heartbeat: 25,
    large_room: 500,
  });
  readonly people = new People();
  readonly receipts = new Receipts();
  readonly rooms: Rooms;
  readonly singles = new Singles();
  readonly #threads = new Set<Replies>();
  readonly typing: Typing;
  readonly activity = new Activity();
  readonly drafts: Drafts;
  readonly outgoing: Outgoing;
  readonly commands: Commands;
  /** The room that has just been lost, to say so; without its name when one left it here. */
  lost = $state.raw<{ room: number; name: string | null } | null>(null);
  /** The room that one has just been brought into, to say so. */
  added = $state.raw<{ room: Room; by: string } | null>(null);
  /** Long messages of which one wants to see all: `room/seq`. */
  readonly unfolded = new SvelteSet<string>();
  readonly #connection: Connection;
  readonly #tabs: Tabs;
  #events: DurableEvent[] = [];
  #flush: ReturnType<typeof setTimeout> | undefined;
  readonly #cache: RoomCache;
  #told = new Set<number>();
  #changedSince: string | undefined;
  readonly #read = new Map<number, number>();
  /** How far the server was told that one has read: it need not have come there before a connection was lost. */
  readonly #readTold = new Map<number, number>();
  #keptUnread: number | null = null;
  /** Rooms one looks into without being in them. */
  readonly #watching = new Set<number>();
  readonly #goingOut = new Set<number>();
  readonly #askingFor = new Map<number, Promise<User | undefined>>();
  #readTimer: ReturnType<typeof setTimeout> | undefined;
  #signingOut = false;
  /** The server has ended the session. */
  #over = false;

  private constructor(
    me: User,
    private readonly kept: Kept,
    private readonly listener: ChatListener,
  ) {
    this.me = me;
    this.people.note(me);
    this.#cache = new RoomCache(kept, (room) => this.rooms.kept(room));
    this.rooms = new Rooms(me.id, this.people, {
      came: listener.came,
      added: (room) => void this.#added(room),
      lost: (room, as) => this.#lost(room, as),
      caughtUp: (changes) => this.#caughtUp(changes),
      changed: (room) => this.#cache.changed(room),
    });
    this.typing = new Typing((room, on) => this.#connection.send({ type: on ? "typing_start" : "typing_stop", room }));
    this.#tabs = new Tabs(me.id, (notice) => this.#notice(notice));
    this.drafts = new Drafts(me.id, kept, (draft) => this.#tabs.tell({ what: "draft", draft }));
    this.outgoing = new Outgoing(
      kept,
      (frame) => this.#connection.send(frame),
      () => this.#tabs.tell({ what: "outbox" }),
    );
    this.commands = new Commands(kept, me.id, () => this.line === "open");
    this.#connection = new Connection({
      hello: () => {
        const since = this.rooms.versions();
        this.#told = new Set(Object.keys(since).map(Number));
        return { type: "hello", since };
      },
      hear: (event) => this.#hear(event),
      changed: (line) => (this.line = line),
      ended: () => this.#expired(),
    });
  }

  /** The chat of a user, with what the browser kept of it: there before the server has answered. */
  static async open(me: User, listener: ChatListener): Promise<Chat> {
    const kept = await openKept(me.id);
    const chat = new Chat(me, kept, listener);
    try {
      for (const { state, window } of await chat.#cache.load()) chat.rooms.restore(state, window);
      await Promise.all([chat.drafts.load(), chat.outgoing.load(), chat.commands.load()]);
    } catch {
      // What was kept cannot be read: begin anew.
    }
    addEventListener("pagehide", chat.#leaving);
    document.addEventListener("visibilitychange", chat.#hidden);
    chat.#connection.open();
    return chat;
  }

  pending(room: number): readonly Pending[] {
    if (!this.outgoing.all.some(({ destination }) => "room" in destination && destination.room === room)) return NONE;
    const messages = this.rooms.get(room)?.messages.values() ?? [];
    const shown = [...messages].map((held) => held.shown).filter((message) => message !== null);
    return pendingIn(this.outgoing.all, room, shown, this.me.id);
  }

  /** What was refused for good, and what was begun in rooms that one is not in any more: no room shows it. */
  unsent(): { refused: Pending[]; edits: readonly EditCommand[]; left: Draft[] } {
    const isHere = (room: number): boolean => this.rooms.get(room)?.room.me != null;
    return {
      refused: this.outgoing.all.filter((message) => message.state === "failed"),
      edits: this.commands.refused,
      left: this.greeted ? this.drafts.begun().filter((draft) => !isHere(draft.room)) : [],
    };
  }

  post(room: number, content: string, replyTo: number | null): void {
    const after = this.rooms.get(room)?.room.seq ?? 0;
    const reply = replyTo === null ? {} : { replyTo };
    const state = this.rooms.get(room);
    const place = state === undefined ? {} : { roomName: roomName(state.room) };
    this.outgoing.write({ destination: { room }, content, after, ...place, ...reply });
    this.rooms.timeline(room).newFrom = null;
    this.typing.stopped();
  }

  edit(room: number, seq: number, content: string): void {
    const state = this.rooms.get(room);
    this.commands.give({ what: "edit", room, seq, content, ...(state && { roomName: roomName(state.room) }) });
  }

  /** Put the emoji there, or take one's own away. */
  react(message: Message, emoji: string): void {
    const mine = message.reactions.find((reaction) => reaction.emoji === emoji)?.users.includes(this.me.id) === true;
    this.commands.give({ what: "react", room: message.room, seq: message.seq, emoji, on: !mine });
  }

  /** What of a room is on the screen has been read. Told at once, and then at most a few times a second. */
  read(room: number, seq: number): void {
    const state = this.rooms.get(room);
    const me = state?.room.me;
    if (state === undefined || me == null) return;
    if (seq <= me.read_seq && (!isMarked(state.room) || room === this.#keptUnread)) return;
    this.rooms.read(room, seq);
    this.#read.set(room, Math.max(seq, me.read_seq, this.#read.get(room) ?? 0));
    // For the next start, should the page not live to see the connection come back.
    if (this.line !== "open") this.commands.give({ what: "read", room, seq });
    if (this.#readTimer === undefined) this.#tellRead();
  }

  /** The room one is in: marked as unread, though what it shows is on the screen. So it stays until one has gone and come back. */
  async markUnread(room: number): Promise<void> {
    this.#keptUnread = room;
    // Told after the mark, what was read before would take it away again.
    this.#tellRead();
    await this.changeOwn(room, { marked_unread: true });
  }

  left(room: number): void {
    if (this.#keptUnread === room) this.#keptUnread = null;
  }

  /** Look into a public room without being in it: it is told live as long as one does. */
  watch(room: number): void {
    this.#watching.add(room);
    const version = this.rooms.get(room)?.version;
    this.#connection.send({ type: "subscribe", room, ...(version === undefined ? {} : { since: version }) });
  }

  unwatch(room: number): void {
    this.#watching.delete(room);
    // Who has joined meanwhile goes on listening.
    if (this.rooms.get(room)?.room.me != null) return;
    this.#connection.send({ type: "unsubscribe", room });
    this.rooms.forget(room);
  }

  async loadReceipts(room: number): Promise<void> {
    const state = this.rooms.get(room);
    if (state?.room.me == null || state.room.member_count > this.rooms.largeRoom) return;
    await this.receipts.load(room).catch(() => undefined);
  }

  /** The replies to a message, kept as they come until the thread is closed. */
  openThread(room: number, seq: number): Replies {
    const thread = new Replies(room, seq, (message) => this.people.noteSender(message.sender));
    this.#threads.add(thread);
    void thread.more();
    return thread;
  }

  closeThread(thread: Replies): void {
    this.#threads.delete(thread);
  }

  choose(status: ChosenStatus): void {
    this.#connection.send({ type: "presence", status });
  }

  /** A change of one's own place in a room, such as muting: the other tabs see it too. */
  async changeOwn(room: number, body: { muted?: boolean; archived?: boolean; marked_unread?: boolean }): Promise<void> {
    const params = { path: { room, user: this.me.id } };
    await answer(http.PATCH("/api/rooms/{room}/members/{user}", { params, body }));
    await this.rooms.ask(room);
    this.#tabs.tell({ what: "room", room });
  }

  /** One's own profile changed. */
  renamed(me: User): void {
    this.me = { ...me, status: this.people.get(me.id)?.status ?? me.status };
    this.people.note(this.me);
  }

  async signOut(): Promise<void> {
    // The server ends the connection too, perhaps before it answers: the session has not expired by that.
    this.#signingOut = true;
    try {
      await answer(http.POST("/api/logout"));
    } catch (problem) {
      this.#signingOut = false;
      if (this.#over) this.#expired();
      throw problem;
    }
    this.#tabs.tell({ what: "signed out" });
    this.stop();
    // Nothing of the user stays in this browser.
    takeLast(this.me.id);
    await forget(this.me.id);
    this.listener.ended();
  }

  /**
   * The session ended, but not by one's own wish here. What was said in the rooms goes; what one has written and not got
   * through yet stays for when one signs in again.
   */
  #expired(): void {
    this.#over = true;
    if (this.#signingOut) return;
    this.drafts.save();
    this.#cache.stop();
    void this.kept.forgetRooms().catch(() => undefined);
    this.stop();
    this.listener.ended();
  }

  stop(): void {
    removeEventListener("pagehide", this.#leaving);
    document.removeEventListener("visibilitychange", this.#hidden);
    this.#cache.stop();
    clearTimeout(this.#flush);
    clearTimeout(this.#readTimer);
    this.#connection.stop();
    this.outgoing.stop();
    this.commands.stop();
    this.rooms.stop();
    this.#tabs.close();
    this.kept.close();
  }

  #hear(event: ServerEvent): void {
    switch (event.type) {
      case "message":
      case "reaction":
      case "member":
      case "room":
      case "notice":
        this.#events.push(event);
        this.#flush ??= setTimeout(() => this.#apply(), GATHER);
        return;
      case "ack":
        if (typeof event.ref === "string") this.#acknowledged(event.ref, event.room ?? 0, event.seq ?? 0);
        return;
      case "error":
        this.#refused(event);
        return;
    }
    // These tell of a moment in the stream: what came before them is applied before them.
    this.#apply();
    switch (event.type) {
      case "connect":
        this.me = event.user;
        this.people.note(event.user);
        this.limits = event.limits;
        this.rooms.largeRoom = event.limits.large_room;
        this.rooms.greeted(event.rooms, this.#told, this.greeted);
        this.greeted = true;
        this.#readAgain(event.rooms);
        this.singles.reconnected();
        void this.#askWhoChanged(event.server_time);
        for (const thread of this.#threads) void thread.refresh();
        this.activity.forget();
        for (const room of this.rooms.visited()) {
          if (this.#watching.has(room)) this.watch(room);
          else this.rooms.forget(room);
        }
        void this.outgoing.resume();
        void this.commands.run();
        break;
      case "synced":
        this.rooms.synced(event.room, event.version);
        break;
      case "resync":
        this.rooms.resync(event.room, event.version);
        this.#missed(event.room);
        break;
      case "typing":
        if (event.user !== this.me.id) this.typing.hear(event.room, event.user, event.on);
        break;
      case "activity":
        this.activity.hear(event.room, event);
        break;
      case "presence":
        this.people.presence(event.user, event.status, event.last_seen);
        break;
      case "user":
        this.#changed(event.user);
        break;
      case "read":
        if (event.user === this.me.id) this.rooms.read(event.room, event.seq);
        this.receipts.hear(event.room, event.user, { read: event.seq });
        break;
      case "membership":
        this.rooms.keptAs(event.room, event);
        break;
      case "delivered":
        this.receipts.hear(event.room, event.user, { delivered: event.seq });
        break;
    }
  }

  /** Somebody is shown in another way: by name, picture or status text. */
  #changed(user: User): void {
    if (user.id === this.me.id) this.me = user;
    this.people.changed(user);
    this.rooms.changed(user);
  }

  /** What was not told while there was no connection, from the last time on at which everything was known. */
  async #askWhoChanged(now: string): Promise<void> {
    const since = (this.#changedSince ??= now);
    try {
      for (let after = 0, more = true; more;) {
        const query = { since, after };
        const page = await answer(http.GET("/api/users/changed", { params: { query } }));
        for (const user of page.users) this.#changed(user);
        after = page.users.at(-1)?.id ?? after;
        more = page.has_more;
      }
      this.#changedSince = now;
    } catch {
      // The line is bad: asked once more when it is good again.
    }
  }

  #apply(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const events = this.#events;
    if (events.length === 0) return;
    this.#events = [];
    this.rooms.hear(events);
    for (const event of events) {
      this.singles.hear(event);
      for (const thread of this.#threads) thread.hear(event);
      if (event.type === "message") this.typing.hear(event.room, event.sender.id, false);
    }
  }

  /** What was missed and has been asked for: no events tell it. */
  #caughtUp(changes: Changes): void {
    if (changes.resync === true) this.#missed(changes.room.id);
    for (const message of changes.messages) {
      this.singles.note(message);
      for (const thread of this.#threads) thread.note(message);
    }
  }

  #missed(room: number): void {
    this.singles.reconnected();
    for (const thread of this.#threads) if (thread.room === room) void thread.refresh();
  }

  #acknowledged(key: string, room: number, seq: number): void {
    this.#apply();
    // Its event comes with it; the message is not to vanish for a moment should that be a little later.
    const come = (this.rooms.get(room)?.room.seq ?? seq) >= seq;
    if (come) this.outgoing.acknowledge(key);
    else setTimeout(() => this.outgoing.acknowledge(key), 3 * GATHER);
  }

  #refused(event: Extract<ServerEvent, { type: "error" }>): void {
    if (typeof event.ref === "string") void this.#notSent(event.ref, event);
    else if (event.room != null) {
      const as = this.rooms.get(event.room)?.room;
      this.rooms.forget(event.room);
      this.#lost(event.room, as);
    }
  }

  async #notSent(key: string, event: Extract<ServerEvent, { type: "error" }>): Promise<void> {
    await fetchSentences();
    const [wrong] = event.errors ?? [];
    const problem = wrong === undefined ? sentence(event) : fieldSentence({ code: "invalid", ...wrong });
    this.outgoing.refuse(key, event.code, problem);
  }

  #lost(room: number, as: Room | undefined): void {
    this.receipts.forget(room);
    const isOwnWish = this.#goingOut.delete(room);
    this.lost = { room, name: isOwnWish || as === undefined ? null : roomName(as) };
  }

  async #added(room: Room): Promise<void> {
    const user = room.me?.added_by ?? 0;
    const by = this.people.get(user) ?? (await this.#askFor(user));
    this.added = { room, by: by?.display_name ?? t("room.someone") };
  }

  /** One question for all that want to know it at the same time: somebody may add one to many rooms. */
  #askFor(user: number): Promise<User | undefined> {
    const asking =
      this.#askingFor.get(user) ??
      answer(http.GET("/api/users/{user}", { params: { path: { user } } }))
        .then((found) => {
          this.people.note(found);
          return found;
        })
        .catch(() => undefined)
        .finally(() => this.#askingFor.delete(user));
    this.#askingFor.set(user, asking);
    return asking;
  }

  /** Leave a room; nobody needs to be told that one is out of it. */
  async leave(room: number): Promise<void> {
    const params = { path: { room, user: this.me.id } };
    this.#goingOut.add(room);
    try {
      await answer(http.DELETE("/api/rooms/{room}/members/{user}", { params }));
    } catch (problem) {
      this.#goingOut.delete(room);
      throw problem;
    }
  }

  #tellRead(): void {
    this.#readTimer = undefined;
    if (this.#read.size === 0) return;
    for (const [room, seq] of this.#read) {
      if (!this.#connection.send({ type: "read", room, seq })) continue;
      this.#read.delete(room);
      this.#readTold.set(room, seq);
    }
    this.#readTimer = setTimeout(() => this.#tellRead(), this.#read.size > 0 ? 2_000 : 250);
  }

  #readAgain(rooms: readonly Room[]): void {
    for (const { id, me } of rooms) {
      const told = this.#readTold.get(id) ?? 0;
      if (me != null && me.read_seq < told) this.#read.set(id, Math.max(told, this.#read.get(id) ?? 0));
    }
    if (this.#readTimer === undefined) this.#tellRead();
  }

  #notice(notice: Notice): void {
    switch (notice.what) {
      case "outbox":
        void this.outgoing.load();
        break;
      case "draft":
        this.drafts.hear(notice.draft);
        break;
      case "room":
        void this.rooms.ask(notice.room).catch(() => undefined);
        break;
      case "signed out":
        this.stop();
        this.listener.ended();
        break;
    }
  }

  /** A phone ends a hidden page without another word. */
  readonly #hidden = (): void => {
    if (document.visibilityState === "hidden") this.drafts.leave();
  };

  readonly #leaving = (): void => {
    this.drafts.leave();
    this.#tellRead();
    void this.#cache.save();
  };
}
