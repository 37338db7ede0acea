/** Threads: those that are open, each kept as it changes until it is closed, and those that one follows. */
import type { Message } from "../../api/shapes";
import { FollowedThreads } from "./followed-threads.svelte";
import type { People } from "./people.svelte";
import type { Thread } from "./thread.svelte";

/** Milliseconds over which many clients that connect at the same moment spread what they ask for. */
const SPREAD = 1_000;

export class Threads {
  readonly followed: FollowedThreads;
  readonly #open = new Set<Thread>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `tell`: sends the read marker of a thread to the server. */
  constructor(
    me: number,
    private readonly people: People,
    private readonly tell: (room: number, root: number, seq: number) => void,
  ) {
    this.followed = new FollowedThreads(me, this.came);
  }

  /** It is shown from now on, until what this gives is called. */
  show(thread: Thread): () => void {
    this.#open.add(thread);
    return () => {
      thread.close();
      this.#open.delete(thread);
    };
  }

  /** One has read a thread up to a reply. */
  read(thread: Thread, seq: number): void {
    const { me, room } = thread;
    if (me?.following !== true || seq <= me.read_seq) return;
    const isAll = seq >= thread.last;
    thread.me = { ...me, read_seq: seq, ...(isAll ? { unread: 0, mentions: 0 } : {}) };
    this.followed.marked(room, thread.seq, { following: true, read_seq: seq });
    this.tell(room, thread.seq, seq);
  }

  /** Whether one follows a thread, and how far one has read it, as the server says. */
  marked(room: number, root: number, marks: { following: boolean; read_seq: number }): void {
    this.followed.marked(room, root, marks);
    for (const thread of this.#open) if (thread.room === room && thread.seq === root) thread.marked(marks);
  }

  /** A new connection. */
  connected(): void {
    for (const thread of this.#open) void thread.refresh();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.followed.load(), Math.random() * SPREAD);
  }

  /** There are too many changes of the room to resume it. */
  missed(room: number): void {
    for (const thread of this.#open) if (thread.room === room) void thread.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.followed.stop();
  }

  readonly came = (message: Message): void => this.people.noteSender(message.sender);
}
