/** Everything of one signed-in user: the line to the server, what has come over it, and what one does. */
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type { ChosenStatus, ConnectEvent, SocketLimits, User } from "../api/shapes";
import type { ChatListener } from "./chat-listener";
import { Connection, type Line } from "./connection/connection";
import { LIMITS } from "./connection/limits";
import { Activity } from "./entities/activity.svelte";
import { People } from "./entities/people.svelte";
import { Pins } from "./entities/pins.svelte";
import { Receipts } from "./entities/receipts.svelte";
import { Rooms } from "./entities/rooms.svelte";
import { SavedMessages } from "./entities/saved.svelte";
import { ScheduledMessages } from "./entities/scheduled.svelte";
import { Threads } from "./entities/threads";
import { Typing } from "./entities/typing.svelte";
import { Commands } from "./outbox/command-queue.svelte";
import { Outgoing } from "./outbox/message-queue.svelte";
import { Sender, type PostPlace } from "./outbox/sender";
import { unsent, type Unsent } from "./outbox/unsent";
import { openKept, type Kept } from "./persistence/database";
import { Drafts } from "./persistence/drafts.svelte";
import { RoomCache } from "./persistence/room-cache";
import { Tabs, type Notice } from "./persistence/tabs";
import { onPageLeave } from "./page-leave";
import { ServerInfo } from "./server-info.svelte";
import { SessionEnd } from "./session-end";
import { KeptOnDemand } from "./sync/kept-on-demand";
import { MembershipNews } from "./sync/membership-news.svelte";
import { OwnMembership } from "./sync/own-membership";
import { ProfileChanges } from "./sync/profile-changes";
import { ReadMarkers } from "./sync/read-markers";
import { RoomSync } from "./sync/room-sync";
import { ServerEvents, type Ack, type ErrorEvent } from "./sync/server-events";
import { SingleMessages } from "./sync/single-messages";
import { WatchedRooms } from "./sync/watched-rooms";

export class Chat {
  me = $state.raw<User>() as User;
  line = $state<Line>("connecting");
  /** The server has told one's rooms. */
  greeted = $state(false);
  limits = $state.raw<SocketLimits>(LIMITS);
  /** What the last slash command in a room answered. Only its caller sees it. */
  readonly answers = new SvelteMap<number, string>();
  /** Long messages of which one wants to see all: `room/seq`. */
  readonly unfolded = new SvelteSet<string>();
  /** The position of the user's stream at which the last entry of each kind came. */
  readonly entries = new SvelteMap<string, number>();
  readonly people = new People();
  readonly receipts = new Receipts();
  readonly activity = new Activity();
  readonly server = new ServerInfo();
  readonly saved = new SavedMessages();
  readonly scheduled = new ScheduledMessages();
  readonly pins = new Pins();
  readonly rooms: Rooms;
  readonly sync: RoomSync;
  readonly news: MembershipNews;
  readonly threads: Threads;
  readonly membership: OwnMembership;
  readonly singles = new SingleMessages((message) => this.people.noteSender(message.sender));
  readonly typing: Typing;
  readonly drafts: Drafts;
  readonly outgoing: Outgoing;
  readonly commands: Commands;
  readonly sender: Sender;
  readonly readMarkers: ReadMarkers;
  readonly watched: WatchedRooms;
  readonly #events: ServerEvents;
  readonly #connection: Connection;
  readonly #tabs: Tabs;
  readonly #cache: RoomCache;
  readonly keeping: KeptOnDemand;
  readonly #profiles = new ProfileChanges((user) => this.#userChanged(user));
  readonly session: SessionEnd;
  #told = new Set<number>();
  #stay: () => void = () => undefined;

  private constructor(me: User, kept: Kept, listener: ChatListener) {
    this.me = me;
    this.people.note(me);
    this.#connection = new Connection({
      hello: () => {
        const since = this.rooms.versions();
        this.#told = new Set(Object.keys(since).map(Number));
        // From now on: `connect` has the present state.
        return { type: "hello", since, stream: {} };
      },
      hear: (event) => this.#events.hear(event),
      changed: (line) => (this.line = line),
      ended: () => this.session.expired(),
    });
    const send = this.#connection.send.bind(this.#connection);
    this.#cache = new RoomCache(kept, (room) => this.rooms.kept(room));
    this.rooms = new Rooms(this.people, (room) => this.#cache.changed(room));
    this.news = new MembershipNews(me.id, this.people);
    this.sync = new RoomSync(me.id, this.rooms, this.people, {
      came: listener.came,
      added: (room) => void this.news.wasAdded(room),
      lost: (room, as) => {
        this.receipts.forget(room);
        this.threads.followed.lost(room);
        this.news.wasLost(room, as);
      },
      missed: (room) => this.#missed(room),
    });
    this.typing = new Typing((room, on) => send({ type: on ? "typing_start" : "typing_stop", room }));
    this.#tabs = new Tabs(me.id, (notice) => this.#notice(notice));
    this.drafts = new Drafts(me.id, kept, (draft) => {
      this.#tabs.tell({ what: "draft", draft });
      this.keeping.draft(draft);
    });
    this.outgoing = new Outgoing(kept, send, () => this.#tabs.tell({ what: "outbox" }));
    this.commands = new Commands(kept, me.id, () => this.line === "open", listener.refused);
    this.sender = new Sender(me.id, this.rooms, this.outgoing, this.commands);
    this.readMarkers = new ReadMarkers(this.rooms, this.sync, {
      send,
      isOpen: () => this.line === "open",
      keep: (room, seq) => this.commands.give({ what: "read", room, seq }),
    });
    const { rooms, saved, scheduled, pins, drafts } = this;
    const isOpen = (): boolean => this.line === "open";
    this.keeping = new KeptOnDemand({ me: me.id, rooms, saved, scheduled, pins, drafts, isOpen, listener });
    this.threads = new Threads(me.id, this.people, (room, root, seq) =>
      this.commands.give({ what: "readThread", room, seq, root }),
    );
    this.membership = new OwnMembership(me.id, this.sync, this.readMarkers, (room) =>
      this.#tabs.tell({ what: "room", room }),
    );
    this.watched = new WatchedRooms(this.rooms, this.sync, send);
    this.#events = new ServerEvents(me.id, this, {
      connected: (event) => this.#connected(event),
      acknowledged: (ack) => this.#acknowledged(ack),
      refused: (error) => this.#refused(error),
      userChanged: (user) => this.#userChanged(user),
    });
    this.session = new SessionEnd(me.id, kept, {
      drafts: this.drafts,
      cache: this.#cache,
      tabs: this.#tabs,
      stop: () => this.#stop(kept),
      ended: listener.ended,
    });
  }

  /** The chat of a user, with what the browser kept of it: there before the server has answered. */
  static async open(me: User, listener: ChatListener): Promise<Chat> {
    const kept = await openKept(me.id);
    const chat = new Chat(me, kept, listener);
    try {
      for (const restored of await chat.#cache.load()) chat.rooms.restore(restored);
      await Promise.all([chat.drafts.load(), chat.outgoing.load(), chat.commands.load()]);
    } catch {
      // What was kept cannot be read: begin anew.
    }
    chat.#stay = onPageLeave({ hidden: () => chat.drafts.leave(), leaving: () => chat.#leaving() });
    chat.#connection.open();
    return chat;
  }

  unsent(): Unsent {
    return unsent(this.rooms, this.outgoing.all, this.commands.refused, this.greeted ? this.drafts.begun() : []);
  }

  /** `asText`: even if it looks like a slash command. */
  post(place: PostPlace, content: string, replyTo: number | null, asText = false): void {
    this.sender.post(place, content, replyTo, asText);
    this.answers.delete(place.room);
    if (place.thread === null) this.rooms.timeline(place.room).newFrom = null;
    this.typing.stopped();
  }

  choose = (status: ChosenStatus): void => void this.#connection.send({ type: "presence", status });

  /** One's own profile changed. */
  renamed(me: User): void {
    this.me = { ...me, status: this.people.get(me.id)?.status ?? me.status };
    this.people.note(this.me);
  }

  #connected(event: ConnectEvent): void {
    this.me = event.user;
    this.people.note(event.user);
    this.limits = event.limits;
    this.sync.largeRoom = event.limits.large_room;
    this.sync.greeted(event.rooms, this.#told, this.greeted);
    this.greeted = true;
    this.readMarkers.again(event.rooms);
    this.singles.reconnected(this.#told);
    void this.#profiles.ask(event.server_time);
    this.threads.connected();
    this.activity.forget();
    this.watched.again();
    this.keeping.connected(event.server_time);
    this.server.ask();
    void this.outgoing.resume();
    void this.commands.run();
  }

  /** There are too many changes of the room to resume it. */
  #missed(room: number): void {
    this.singles.missed(room);
    this.threads.missed(room);
  }

  /** Somebody is shown in another way: by name, picture or status text. */
  #userChanged(user: User): void {
    if (user.id === this.me.id) this.me = user;
    this.people.changed(user);
    this.rooms.peerChanged(user);
  }

  #acknowledged(ack: Ack): void {
    if (typeof ack.ref === "string") {
      this.#events.apply();
      this.sender.acknowledged(ack.ref, ack);
    }
    if (ack.answer != null && ack.room != null) this.answers.set(ack.room, ack.answer);
  }

  #refused(event: ErrorEvent): void {
    if (typeof event.ref === "string") void this.sender.refused(event.ref, event);
    else if (event.room != null) this.sync.lose(event.room);
  }

  #notice(notice: Notice): void {
    if (notice.what === "outbox") void this.outgoing.load();
    else if (notice.what === "draft") this.drafts.hear(notice.draft);
    else if (notice.what === "room") void this.sync.ask(notice.room).catch(() => undefined);
    else this.session.signedOutElsewhere();
  }

  #stop(kept: Kept): void {
    this.#stay();
    const first = [this.keeping, this.#cache, this.#events, this.readMarkers, this.#connection];
    for (const part of [...first, this.outgoing, this.commands, this.threads, this.sync]) part.stop();
    this.#tabs.close();
    kept.close();
  }

  #leaving(): void {
    this.drafts.leave();
    this.readMarkers.tell();
    void this.#cache.save();
  }
}
