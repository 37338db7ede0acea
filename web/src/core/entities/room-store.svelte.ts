/**
 * One room: its own state, and a cell for each message that some view holds. What is read of it is a signal of its own, so
 * that a message that comes redraws its row, and not what shows the room's name.
 */
import type { Changes, DurableEvent, Message, Page, Rank, Room } from "../../api/shapes";
import { isThreadOnly, messageOf, type Held } from "./message";
import { MessageCell } from "./message-cell.svelte";
import { MessageView, type ViewRule } from "./message-view";
import { applied, caughtUp, restarted, withNotices, type RoomState } from "./room";
import { trimmed, type Window } from "./window";

/** What of a room changes seldom: all but the counts, and what concerns oneself alone. */
export interface RoomMeta extends Omit<Room, "seq" | "version" | "last_at" | "me"> {
  /** One's own; null for a room one is not in. */
  readonly rank: Rank | null;
}

export class RoomStore {
  /** Beside the signal that it is another: what reads it while an effect ends is to see it as it is, not as it was. */
  #current: RoomState;
  #signal = $state.raw<RoomState>();
  #meta = $state.raw<RoomMeta>() as RoomMeta;
  #notices = $state.raw<RoomState["notices"]>();
  /** Replies that have come and are shown in their threads only: they leave no hole in what the room shows. */
  readonly #apart = new Set<number>();
  /** Another object whenever a view has come to hold a message. */
  #added = $state.raw({});
  readonly #cells = new Map<number, MessageCell>();
  readonly #views = new Set<MessageView>();

  /** `changed`: called after each change of the state, but not for a change of a message that the state does not show. */
  constructor(
    state: RoomState,
    private readonly changed: (store: RoomStore) => void = () => undefined,
  ) {
    this.#current = this.#signal = state;
    this.#meta = metaOf(state.room);
    this.#notices = state.notices;
  }

  get id(): number {
    return this.#current.room.id;
  }

  get state(): RoomState {
    void this.#signal;
    return this.#current;
  }

  /** With its counts: another one with every message. */
  get room(): Room {
    return this.state.room;
  }

  /** The same object until one of its values is another. */
  get meta(): RoomMeta {
    return this.#meta;
  }

  get notices(): RoomState["notices"] {
    void this.#notices;
    return this.#current.notices;
  }

  get seats(): RoomState["seats"] {
    return this.state.seats;
  }

  get version(): number {
    return this.state.version;
  }

  set(state: RoomState): void {
    if (state === this.#current) return;
    const meta = metaOf(state.room);
    if (!isSame(metaOf(this.#current.room), meta)) this.#meta = meta;
    this.#current = this.#signal = state;
    this.#notices = state.notices;
    this.changed(this);
  }

  /** `largeRoom`: members past which comings and goings are not told one by one. */
  apply(event: DurableEvent, largeRoom?: number): void {
    if (event.type === "message") this.put(messageOf(event));
    if (event.type === "reaction") {
      const { seq } = event;
      const views = this.#viewsOf(seq, null);
      const cell = this.#cells.get(seq) ?? (views.length > 0 ? this.#made(seq) : undefined);
      cell?.react(event);
      if (cell !== undefined) this.#hold(cell, views);
    }
    this.set(applied(this.#current, event, largeRoom));
  }

  /** The server's answer to "what changed since `version`". */
  catchUp(changes: Changes): void {
    for (const message of changes.messages) this.put(message);
    this.set(caughtUp(this.#current, changes));
  }

  /** There are too many changes to resume. Views fetch again what they show. */
  restart(version: number): void {
    this.set(restarted(this.#current, version));
  }

  /** A message as the server gave it: kept if a view holds or wants it, or for the view that asked for it. */
  put(message: Message, asked?: MessageView): void {
    if (message.thread?.root != null) this.#cells.get(message.thread.root)?.replied(message);
    const views = this.#viewsOf(message.seq, message);
    if (asked !== undefined && !views.includes(asked)) views.push(asked);
    const cell = this.#cells.get(message.seq) ?? (views.length > 0 ? this.#made(message.seq) : undefined);
    if (isThreadOnly(message)) this.#apart.add(message.seq);
    if (cell === undefined) return;
    cell.take(message);
    this.#hold(cell, views);
  }

  /** A page of history, for the view that asked for it. */
  putPage(page: Page, asked: MessageView): void {
    for (const message of page.messages) this.put(message, asked);
    this.set(withNotices(this.#current, page.notices ?? []));
  }

  /** What the browser kept. */
  restore(messages: Iterable<readonly [number, Held]>, view: MessageView): void {
    for (const [seq, held] of messages) {
      const cell = new MessageCell(seq, held);
      this.#cells.set(seq, cell);
      this.#hold(cell, [view]);
    }
  }

  view(rule: ViewRule): MessageView {
    const view = new MessageView(rule, (cell) => this.letGo(cell));
    this.#views.add(view);
    return view;
  }

  endView(view: MessageView): void {
    view.clear();
    this.#views.delete(view);
  }

  /** The cell of a message that is to be shown by itself; one that is made here lives as long as somebody counts as a view of it. */
  cell(seq: number): MessageCell {
    return this.#cells.get(seq) ?? this.#made(seq);
  }

  /** It is shown, perhaps by another one than that for which it was made. */
  keep(cell: MessageCell): void {
    if (!this.#cells.has(cell.seq)) this.#cells.set(cell.seq, cell);
  }

  /** No view holds it. */
  letGo(cell: MessageCell): void {
    if (cell.views === 0 && this.#cells.get(cell.seq) === cell) this.#cells.delete(cell.seq);
  }

  held(seq: number): Held | undefined {
    return this.#cells.get(seq)?.held;
  }

  /** The message as it is shown, or null if it is not held. */
  shown(seq: number): Message | null {
    const cell = this.#cells.get(seq);
    if (cell === undefined) void this.#added;
    return cell?.shown ?? null;
  }

  /** All that are held, in no order. */
  allShown(): Message[] {
    void this.#added;
    return [...this.#cells.values()].map(({ shown }) => shown).filter((message) => message !== null);
  }

  get holdsMessages(): boolean {
    return this.#cells.size > 0;
  }

  /** Whether a window can go on past the message: it is held, or the room does not show it. */
  isAt(seq: number): boolean {
    return this.#apart.has(seq) || this.#cells.get(seq)?.held.shown != null;
  }

  /** The messages from one to another that the room shows and that are held, in their order. */
  inRoom(from: number, to: number): Message[] {
    void this.#added;
    const found: Message[] = [];
    for (const { seq, shown } of this.#cells.values()) {
      if (seq >= from && seq <= to && shown !== null && !isThreadOnly(shown)) found.push(shown);
    }
    return found.sort((one, other) => one.seq - other.seq);
  }

  /** Without the notices outside of the window, and what led to its end. */
  trim(window: Window | null): void {
    for (const seq of this.#apart) if (window === null || seq <= window.to) this.#apart.delete(seq);
    this.set(trimmed(this.#current, window));
  }

  #viewsOf(seq: number, message: Message | null): MessageView[] {
    return [...this.#views].filter((view) => !view.has(seq) && view.wants(seq, message));
  }

  #made(seq: number): MessageCell {
    const cell = new MessageCell(seq);
    this.#cells.set(seq, cell);
    return cell;
  }

  #hold(cell: MessageCell, views: readonly MessageView[]): void {
    if (views.length === 0) return;
    for (const view of views) view.hold(cell);
    this.#added = {};
  }
}

function metaOf({ seq, version, last_at, me, ...meta }: Room): RoomMeta {
  return { ...meta, rank: me?.rank ?? null };
}

function isSame(one: RoomMeta, other: RoomMeta): boolean {
  const keys = Object.keys({ ...one, ...other }) as (keyof RoomMeta)[];
  return keys.every((key) => one[key] === other[key]);
}
