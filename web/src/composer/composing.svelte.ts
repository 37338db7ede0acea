/**
 * What is being written in one place, a room or a thread: a new message, a reply, or a new version of one that was sent.
 *
 * The text stands in the drafts only: nothing that happens to a component can lose it.
 */
import type { Message } from "../api/shapes";
import type { Chat } from "../core/chat.svelte";
import type { Draft } from "../core/persistence/schema";
import type { DraftPlace } from "../core/persistence/drafts.svelte";
import { t } from "../i18n/translate.svelte";
import { isForwarded } from "../messages/forwarded";
import type { NewScheduled } from "../messages/schedule-actions";
import { registry, report } from "../plugins/registry.svelte";
import { withEmoji } from "../text/emoji";
import { codePoints } from "../text/length";
import { toast } from "../ui/toast.svelte";

export class Composing {
  readonly #draft = $derived.by(() => this.chat.drafts.of(this.place));
  readonly #written = $derived.by(() => {
    const { editing } = this.#draft;
    return editing === null ? this.#draft : this.chat.drafts.of({ room: this.room, edit: editing });
  });
  readonly text = $derived.by(() => this.#written.text);
  /** Characters, as the server counts them. */
  readonly length = $derived.by(() => codePoints(this.text));
  readonly limit = $derived.by(() => this.chat.limits.message_length);
  readonly over = $derived.by(() => this.length > this.limit);
  /** A reply in a thread is shown in the room as well. */
  alsoInRoom = $state(false);
  #sending = false;

  constructor(
    private readonly chat: Chat,
    private readonly where: () => { readonly room: number; readonly thread: number | null },
  ) {}

  get room(): number {
    return this.where().room;
  }

  get place(): DraftPlace {
    return this.where();
  }

  /** The message of which a new version is written, or null. */
  get editing(): number | null {
    return this.#draft.editing;
  }

  /** The message that the draft quotes. */
  get answers(): number | null {
    return this.#draft.replyTo;
  }

  set(text: string): void {
    this.chat.drafts.change({ ...this.#written, text });
  }

  reply(message: Message): void {
    // An edit that is half done is there again when one goes on with it.
    this.chat.drafts.change({ ...this.#draft, editing: null, replyTo: message.seq });
  }

  noReply(): void {
    this.chat.drafts.change({ ...this.#draft, replyTo: null });
  }

  edit(message: Message): void {
    const begun = this.chat.drafts.of({ room: this.room, edit: message.seq });
    if (begun.text === "") this.chat.drafts.change({ ...begun, text: message.content });
    this.chat.drafts.change({ ...this.#draft, editing: message.seq });
  }

  /** Done, or given up. */
  stopEditing(): void {
    if (this.editing !== null) this.#endEdit(this.place, this.editing);
  }

  /** The user's own last message, to edit it. */
  lastOwn(): Message | undefined {
    const held = this.chat.rooms.get(this.room)?.allShown() ?? [];
    const { thread } = this.where();
    const isHere = (at: Message["thread"]): boolean =>
      thread === null ? at?.root == null || at.also_in_room === true : at?.root === thread;
    const own = held.filter(
      (message) =>
        message.sender.id === this.chat.me.id && !message.deleted && !isForwarded(message) && isHere(message.thread),
    );
    return own.reduce<Message | undefined>((last, next) => (next.seq > (last?.seq ?? 0) ? next : last), undefined);
  }

  /** What became of the text; null: nothing, there is none or it cannot be sent. */
  async send(): Promise<"edited" | "posted" | null> {
    const wanted = this.text.trim();
    if (wanted === "" || this.over || this.#sending) return null;
    this.#sending = true;
    const content = await withEmoji(wanted).finally(() => (this.#sending = false));
    const [place, draft, seq] = [this.place, this.#draft, this.editing];
    if (seq !== null) {
      const before = this.chat.rooms.get(this.room)?.shown(seq)?.content;
      if (content !== before) this.chat.sender.edit(this.room, seq, content);
      this.#endEdit(place, seq);
      return "edited";
    }
    if (!(await this.#post(content))) return null;
    // What was written on while the emoji were looked up stays.
    if (this.text.trim() !== wanted) return null;
    this.chat.drafts.discard(draft);
    this.alsoInRoom = false;
    return "posted";
  }

  /** Have the server send it at a time: `schedule` says whether it will. It stays in the field until then. */
  async sendLater(schedule: (message: NewScheduled) => Promise<boolean>): Promise<boolean> {
    const wanted = this.text.trim();
    if (wanted === "" || this.over || this.#sending || this.editing !== null) return false;
    this.#sending = true;
    const [{ room, thread }, { replyTo }] = [this.where(), this.#draft];
    const place = { room, thread, also_in_room: thread !== null && this.alsoInRoom, reply_to: replyTo };
    const sending = withEmoji(wanted).then((content) => schedule({ ...place, content }));
    const done = await sending.finally(() => (this.#sending = false));
    if (!done) return false;
    this.alsoInRoom = false;
    const now = this.chat.drafts.of({ room, thread });
    // What was written on meanwhile stays.
    if (now.text.trim() === wanted) this.chat.drafts.discard(now);
    return true;
  }

  /** Whether it is done with: what a command of a plugin refuses stays in the field. */
  async #post(content: string): Promise<boolean> {
    const place = { ...this.where(), alsoInRoom: this.alsoInRoom };
    const { room } = place;
    const { replyTo } = this.#draft;
    // `//name` is the text `/name`.
    const isEscaped = content.startsWith("//") && registry.commandIn(content.slice(1)) !== null;
    const called = isEscaped ? null : registry.commandIn(content);
    if (called?.command.part.run === undefined) {
      this.chat.post(place, isEscaped ? content.slice(1) : content, replyTo, isEscaped);
      return true;
    }
    const { plugin, part } = called.command;
    try {
      const text = await part.run?.({ room, arguments: called.arguments });
      if (text !== undefined && text.trim() !== "") this.chat.post(place, text, replyTo, true);
      return true;
    } catch (cause) {
      report(plugin, `/${part.name}`, cause);
      toast(t("command.failed", { name: part.name }));
      return false;
    }
  }

  #endEdit(where: DraftPlace, seq: number): void {
    this.chat.drafts.discard(this.chat.drafts.of({ room: where.room, edit: seq }));
    const around: Draft = this.chat.drafts.of(where);
    if (around.editing === seq) this.chat.drafts.change({ ...around, editing: null });
  }
}
