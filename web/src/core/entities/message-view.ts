/** Some of a room's messages that something shows: the main window, a thread. A message lives as long as a view holds it. */
import type { Message } from "../../api/shapes";
import type { MessageCell } from "./message-cell.svelte";

export interface ViewRule {
  /** Whether the view shows a message that comes; `message` is null when only its number is known. */
  readonly wants: (seq: number, message: Message | null) => boolean;
  readonly added?: (cell: MessageCell) => void;
}

export class MessageView {
  readonly #cells = new Map<number, MessageCell>();

  /** `letGo`: called with a cell that no view holds any more. */
  constructor(
    private readonly rule: ViewRule,
    private readonly letGo: (cell: MessageCell) => void,
  ) {}

  wants(seq: number, message: Message | null): boolean {
    return this.rule.wants(seq, message);
  }

  get size(): number {
    return this.#cells.size;
  }

  has(seq: number): boolean {
    return this.#cells.has(seq);
  }

  hold(cell: MessageCell): void {
    if (this.#cells.has(cell.seq)) return;
    this.#cells.set(cell.seq, cell);
    cell.views += 1;
    this.rule.added?.(cell);
  }

  /** Let go of all but those. */
  sweep(keeps: (seq: number) => boolean): void {
    for (const cell of this.#cells.values()) if (!keeps(cell.seq)) this.#drop(cell);
  }

  clear(): void {
    for (const cell of this.#cells.values()) this.#drop(cell);
  }

  #drop(cell: MessageCell): void {
    this.#cells.delete(cell.seq);
    cell.views -= 1;
    if (cell.views === 0) this.letGo(cell);
  }
}
