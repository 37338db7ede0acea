/** Imports the modules of the server's plugins, and asks for its slash commands. Once for a page. */
import { answer, http } from "../api/http";
import { below } from "../base";
import { registry, report, type PluginApi } from "./registry.svelte";

export interface Module {
  readonly default: (hubbub: PluginApi) => void | Promise<void>;
}

/** Those that come with the client: what fetches each, by the name it registers under. */
export type Bundled = Readonly<Record<string, () => Promise<Module>>>;

let loading: Promise<void> | null = null;

export function loadPlugins(bundled: Bundled): Promise<void> {
  loading ??= load(bundled).catch(() => {
    // The network is away: asked for again after the next greeting.
    loading = null;
  });
  return loading;
}

async function load(bundled: Bundled): Promise<void> {
  await Promise.all(Object.entries(bundled).map(([name, fetched]) => register(name, name, fetched)));
  const [{ commands }, { plugins }] = await Promise.all([
    answer(http.GET("/api/commands")),
    answer(http.GET("/api/plugins")),
  ]);
  for (const command of commands) registry.commands.set(command.name, { plugin: "", part: command });
  await Promise.all(
    plugins.flatMap(({ name, modules }) => modules.map((path) => register(name, path, () => importModule(path)))),
  );
}

async function importModule(path: string): Promise<Partial<Module>> {
  return (await import(/* @vite-ignore */ below(path))) as Partial<Module>;
}

/** One that fails is named in the console, and the others are loaded all the same. */
async function register(plugin: string, what: string, fetched: () => Promise<Partial<Module>>): Promise<void> {
  try {
    // One without a function is there to be imported by others.
    await (await fetched()).default?.(registry.api(plugin));
  } catch (cause) {
    report(plugin, what, cause);
  }
}
