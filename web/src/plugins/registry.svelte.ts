/**
 * What plugins add to the client: renderers of message kinds, slash commands, pages of the settings.
 *
 * A plugin's function that throws is named in the console, and what called it goes on without it.
 */
import { SvelteMap } from "svelte/reactivity";
import type { Message } from "../api/shapes";

/** Fills an element that is empty and in the page. What it returns is called before the element is removed. */
export type Render<Subject> = (element: HTMLElement, subject: Subject) => (() => void) | undefined;

/** A function says it in the language of the moment. */
export type Text = string | (() => string);

export interface SlashCommand {
  readonly name: string;
  /** The arguments, such as `[question]`. */
  readonly usage: string;
  readonly description: Text;
  /** For a command that runs in the client: the text to send in its place, if there is one. */
  readonly run?: (call: {
    readonly room: number;
    readonly arguments: string;
  }) => string | undefined | Promise<string | undefined>;
}

export interface SettingsPage {
  readonly title: Text;
  readonly render: Render<undefined>;
}

interface Owned<Part> {
  readonly plugin: string;
  readonly part: Part;
}

/** A text of a plugin; its name if it cannot say it. */
export function textOf(plugin: string, text: Text): string {
  if (typeof text === "string") return text;
  try {
    return text();
  } catch (cause) {
    report(plugin, "a text", cause);
    return plugin;
  }
}

const COMMAND = /^\/([A-Za-z][A-Za-z0-9_-]{0,31})(?:\s+([^]*))?$/;

export class Registry {
  readonly kinds = new SvelteMap<string, Owned<Render<Message>>>();
  readonly commands = new SvelteMap<string, Owned<SlashCommand>>();
  readonly pages = new SvelteMap<string, Owned<SettingsPage>>();

  /** What a plugin's module is given. */
  api(plugin: string): PluginApi {
    return {
      messageKind: (kind, render) => this.kinds.set(kind, { plugin, part: render }),
      command: (command) => this.commands.set(command.name, { plugin, part: { ...command } }),
      settingsPage: (page) => this.pages.set(`${plugin}: ${textOf(plugin, page.title)}`, { plugin, part: { ...page } }),
    };
  }

  /** The command that a text is, and its arguments. */
  commandIn(text: string): { readonly command: Owned<SlashCommand>; readonly arguments: string } | null {
    const found = COMMAND.exec(text);
    const command = this.commands.get(found?.[1]?.toLowerCase() ?? "");
    return command === undefined ? null : { command, arguments: found?.[2]?.trim() ?? "" };
  }

  /** Those whose name begins like this, by name. */
  commandsLike(part: string): (SlashCommand & { readonly description: string })[] {
    return [...this.commands.values()]
      .map(({ plugin, part: command }) => ({ ...command, description: textOf(plugin, command.description) }))
      .filter(({ name }) => name.startsWith(part.toLowerCase()))
      .sort((one, other) => one.name.localeCompare(other.name));
  }
}

export interface PluginApi {
  /** Show messages of a kind. */
  messageKind(kind: string, render: Render<Message>): void;
  /** Offer a command that runs in the client; those of the server are offered by themselves. */
  command(command: SlashCommand): void;
  settingsPage(page: SettingsPage): void;
}

export const registry = new Registry();

/** Have a plugin fill the element. Whether it could: what it had begun is removed otherwise. */
export function drawn<Subject>(
  { plugin, part }: Owned<Render<Subject>>,
  what: string,
  element: HTMLElement,
  subject: Subject,
): { readonly end: () => void } | null {
  try {
    const end = part(element, subject);
    return { end: () => guarded(plugin, what, () => end?.()) };
  } catch (cause) {
    report(plugin, what, cause);
    element.replaceChildren();
    return null;
  }
}

export function report(plugin: string, what: string, cause: unknown): void {
  console.error(`Plugin ${plugin}: ${what} failed.`, cause);
}

function guarded(plugin: string, what: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    report(plugin, what, cause);
  }
}
