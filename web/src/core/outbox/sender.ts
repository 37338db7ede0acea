/** What one writes and does to messages, on its way through the outbox. */
import type { Message } from "../../api/shapes";
import { fieldSentence, fetchSentences, sentence } from "../../i18n/errors";
import { roomName } from "../entities/room-name";
import type { Rooms } from "../entities/rooms.svelte";
import type { Ack, ErrorEvent } from "../sync/server-events";
import type { Commands } from "./command-queue.svelte";
import type { Outgoing as Messages } from "./message-queue.svelte";
import { pendingIn, type Outgoing } from "./outbox";

const NONE: readonly Outgoing[] = [];
/** Milliseconds in which the event of a message comes that was acknowledged before it. */
const COMES = 36;

/** A room, or one of its threads: its root, and whether the room is shown it as well. */
export interface PostPlace {
  readonly room: number;
  readonly thread: number | null;
  readonly alsoInRoom?: boolean;
}

export class Sender {
  constructor(
    private readonly me: number,
    private readonly rooms: Rooms,
    private readonly messages: Messages,
    private readonly commands: Commands,
  ) {}

  /** The messages on their way to the room: those that it shows, or those of a thread. */
  pending(room: number, thread: number | null = null): readonly Outgoing[] {
    const all = this.#pending(room);
    const isHere = (one: Outgoing): boolean =>
      thread === null ? one.thread === undefined || one.alsoInRoom === true : one.thread === thread;
    return all.every(isHere) ? all : all.filter(isHere);
  }

  #pending(room: number): readonly Outgoing[] {
    const { all } = this.messages;
    if (!all.some(({ destination }) => "room" in destination && destination.room === room)) return NONE;
    return pendingIn(all, room, this.rooms.get(room)?.allShown() ?? [], this.me);
  }

  /** `asText`: even if it looks like a slash command. */
  post({ room, thread, alsoInRoom }: PostPlace, content: string, replyTo: number | null, asText: boolean): void {
    const shown = this.rooms.get(room)?.room;
    const reply = replyTo === null ? {} : { replyTo };
    const place = shown === undefined ? {} : { roomName: roomName(shown) };
    const after = shown?.seq ?? 0;
    const where = thread === null ? {} : { thread, ...(alsoInRoom === true && { alsoInRoom }) };
    const text = { content, ...(asText && { asText }) };
    this.messages.write({ destination: { room }, after, ...place, ...where, ...reply, ...text });
  }

  edit(room: number, seq: number, content: string): void {
    const shown = this.rooms.get(room)?.room;
    this.commands.give({ what: "edit", room, seq, content, ...(shown && { roomName: roomName(shown) }) });
  }

  /** Add the user's reaction, or remove it. */
  react(message: Message, emoji: string): void {
    const mine = message.reactions.find((reaction) => reaction.emoji === emoji)?.users.includes(this.me) === true;
    this.commands.give({ what: "react", room: message.room, seq: message.seq, emoji, on: !mine });
  }

  /** The server has the message. What it told before this has been applied. */
  acknowledged(key: string, { room, seq }: Ack): void {
    // Its event comes with it; the message is not to vanish for a moment should that be a little later.
    const come = (this.rooms.get(room ?? 0)?.room.seq ?? seq ?? 0) >= (seq ?? 0);
    if (come) this.messages.acknowledge(key);
    else setTimeout(() => this.messages.acknowledge(key), COMES);
  }

  async refused(key: string, event: ErrorEvent): Promise<void> {
    await fetchSentences();
    const [wrong] = event.errors ?? [];
    const problem = wrong === undefined ? sentence(event) : fieldSentence({ code: "invalid", ...wrong });
    this.messages.refuse(key, event.code, problem);
  }
}
