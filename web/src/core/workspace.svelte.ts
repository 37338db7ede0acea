/** What the server is called and looks like: at the door and for everybody who is signed in, kept for the next start. */
import { answer, http } from "../api/http";
import type { PublicWorkspace, Workspace } from "../api/shapes";

const NAME = "hubbub.workspace";
const UNKNOWN: Workspace = { name: "Hubbub", version: 0 };

class WorkspaceStore {
  #now = $state.raw<Workspace>(kept());

  get now(): Workspace {
    return this.#now;
  }

  /** Nobody has named it. */
  get isUnnamed(): boolean {
    return this.#now.name === UNKNOWN.name;
  }

  /** A change that the server told: what is older than what is shown came late. */
  heard(changed: Workspace): void {
    if (changed.version > this.#now.version) this.show(changed);
  }

  /** As the server has it now. */
  async ask(): Promise<PublicWorkspace> {
    const found = await answer(http.GET("/api/workspace"));
    this.show(found);
    return found;
  }

  show({ name, version, picture, accent, welcome }: Workspace): void {
    this.#now = { name, version, picture: picture ?? null, accent: accent ?? null, welcome: welcome ?? null };
    try {
      localStorage.setItem(NAME, JSON.stringify(this.#now));
    } catch {
      // A browser that keeps nothing.
    }
  }
}

function kept(): Workspace {
  try {
    return { ...UNKNOWN, ...(JSON.parse(localStorage.getItem(NAME) ?? "{}") as Partial<Workspace>) };
  } catch {
    return UNKNOWN;
  }
}

export const workspace = new WorkspaceStore();
