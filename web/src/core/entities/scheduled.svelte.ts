/** The messages that one has scheduled, the next first. */
import type { Scheduled } from "../../api/shapes";

export class ScheduledMessages {
  /** Null until the server has told them. */
  all = $state.raw<readonly Scheduled[] | null>(null);

  /** Those that were refused at their time. */
  failed(): readonly Scheduled[] {
    return (this.all ?? []).filter((one) => one.failed != null);
  }

  put(scheduled: Scheduled): void {
    const others = (this.all ?? []).filter(({ id }) => id !== scheduled.id);
    this.all = [...others, scheduled].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  }

  drop(id: number): void {
    this.all = (this.all ?? []).filter((one) => one.id !== id);
  }
}
