/** The list of saved messages, read again as a whole when something of it changes. */
import { answer, http } from "../../api/http";
import type { Saved } from "../../api/shapes";
import type { Keeping } from "./keeping";

/** Milliseconds for which changes are gathered. */
const GATHER = 50;
const PAGE = 200;

export class SavedSync {
  /** The reminders that one has been told of. */
  #told = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly keeping: Keeping) {}

  changed(): void {
    this.#timer ??= setTimeout(() => void this.#read(), GATHER);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    this.#timer = undefined;
    try {
      this.keeping.saved.set(await readAll());
    } catch {
      return; // read again with the next connection
    }
    const due = this.keeping.saved.due();
    const fresh = due.filter((one) => !this.#told.has(nameOf(one)));
    this.#told = new Set(due.map(nameOf));
    if (fresh.length > 0) this.keeping.listener.reminded(fresh.length);
  }
}

function nameOf({ room, seq, reminded_at }: Saved): string {
  return `${room} ${seq} ${reminded_at ?? ""}`;
}

async function readAll(): Promise<Saved[]> {
  const all: Saved[] = [];
  let after: string | undefined;
  do {
    const query = after === undefined ? { limit: PAGE } : { limit: PAGE, after };
    const page = await answer(http.GET("/api/saved", { params: { query } }));
    all.push(...page.saved);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return all;
}
