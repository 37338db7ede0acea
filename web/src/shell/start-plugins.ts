/** Loads what plugins add to the page, and the features of the client that are made like a plugin. */
import { fetched } from "../fetched";

/** Features that use what a plugin may use, and nothing else. */
const BUNDLED = { shortcuts: () => fetched(() => import("../palette/shortcuts-module")) };

export async function startPlugins(): Promise<void> {
  const { loadPlugins } = await fetched(() => import("../plugins/load"));
  await loadPlugins(BUNDLED);
}
