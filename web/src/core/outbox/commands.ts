/**
 * What one has done to messages and has not reached the server yet: edits, reactions, how far one has read.
 *
 * Pure, and plain JSON, as the outbox is. Each can be carried out twice without harm: it says what is to be, not what to
 * change. So of several about the same thing only the last one counts.
 */
import type { Message } from "../../api/shapes";
import { withChange } from "../entities/reactions";

interface Place {
  readonly key: string;
  readonly room: number;
  readonly seq: number;
  /** In milliseconds since 1970. */
  readonly writtenAt: number;
}

export interface EditCommand extends Place {
  readonly what: "edit";
  readonly content: string;
  /** Refused for good: kept until it is tried again or discarded by hand. */
  readonly problem?: string;
  /** The room's name when it was written: one may not be in it any more when it is refused. */
  readonly roomName?: string;
}

export interface ReactCommand extends Place {
  readonly what: "react";
  readonly emoji: string;
  /** Whether it is to be there. */
  readonly on: boolean;
}

export interface ReadCommand extends Place {
  readonly what: "read";
}

/** Up to a reply of the thread of `root`. */
export interface ReadThreadCommand extends Place {
  readonly what: "readThread";
  readonly root: number;
}

export type Command = EditCommand | ReactCommand | ReadCommand | ReadThreadCommand;

/** In the order in which they were given. */
export type Commands = readonly Command[];

export type Given = Command extends infer C ? (C extends Command ? Omit<C, "key" | "writtenAt"> : never) : never;

/** The same key for what is about the same thing. */
export function keyOf(command: Given): string {
  switch (command.what) {
    case "edit":
      return `edit ${command.room} ${command.seq}`;
    case "react":
      return `react ${command.room} ${command.seq} ${command.emoji}`;
    case "read":
      return `read ${command.room}`;
    case "readThread":
      return `read ${command.room} ${command.root}`;
  }
}

/** With one more, in place of what it overrides. */
export function given(commands: Commands, command: Command): Commands {
  const before = commands.find((other) => other.key === command.key);
  if (isRead(before) && before.seq >= command.seq) return commands;
  return [...commands.filter((other) => other !== before), command];
}

/** How far one has read: it is shown at no message. */
export function isRead(command: Command | undefined): command is ReadCommand | ReadThreadCommand {
  return command?.what === "read" || command?.what === "readThread";
}

/** The next to be carried out. */
export function next(commands: Commands): Command | undefined {
  return commands.find((command) => command.what !== "edit" || command.problem === undefined);
}

/** Carried out, or given up; if it has been overridden meanwhile, what did so stays. */
export function done(commands: Commands, command: Command): Commands {
  return commands.filter((other) => other !== command);
}

/** Refused for good. */
export function failed(commands: Commands, command: EditCommand, problem: string): Commands {
  return commands.map((other) => (other === command ? { ...command, problem } : other));
}

/** The message as it will be once these are carried out; itself where none is about it. */
export function shown(message: Message, commands: Commands, me: number): Message {
  let result = message;
  for (const command of commands) {
    if (command.room !== message.room || command.seq !== message.seq) continue;
    if (command.what === "edit" && command.problem === undefined && !message.deleted)
      result = { ...result, content: command.content };
    else if (command.what === "react" && !message.deleted)
      result = { ...result, reactions: reacted(result.reactions, command, me) };
  }
  return result;
}

function reacted(reactions: Message["reactions"], { emoji, on }: ReactCommand, me: number): Message["reactions"] {
  const isMine = reactions.find((reaction) => reaction.emoji === emoji)?.users.includes(me) ?? false;
  return isMine === on ? reactions : [...withChange(reactions, { emoji, user: me, op: on ? "add" : "remove" })];
}
