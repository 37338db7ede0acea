/** Messages read as Markdown, with whom and which rooms they name: tokens, before anything becomes part of a page. */
import MarkdownIt, { type Token } from "markdown-it";
import { speakChat } from "./dialect";
import { GAP, meant } from "./mentions";

/** What a message names: who is meant by `@name`, which room by `#name`. Names come as `folded` makes them. */
export interface Names {
  readonly person: (username: string) => { readonly id: number; readonly name: string; readonly me: boolean } | null;
  readonly room: (name: string) => number | null;
}

const SIGN = /[@＠]|(?<![\p{L}\p{N}_.@/&-])#(?=[\p{L}\p{N}_])/gu;
const ROOM = /[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,79}/uy;

export const markdown = new MarkdownIt("default", { html: false, linkify: true, breaks: true, maxNesting: 20 });
speakChat(markdown);

/** Cells that a table may stand for: markdown-it adds those that are left out, and a short text could freeze the page. */
const MOST_CELLS = 4096;

/** HTML of a message, as markdown-it makes it. */
export function html(content: string, names: Names): string {
  const lines = content.split("\n");
  const columns = lines.reduce((most, line) => Math.max(most, line.split("|").length), 0);
  const isHuge = columns * lines.length > MOST_CELLS;
  if (isHuge) markdown.disable("table");
  try {
    return markdown.render(content, { names });
  } finally {
    if (isHuge) markdown.enable("table");
  }
}

// Before addresses without a scheme are made links, and while what was escaped is still known as such.
markdown.core.ruler.before("linkify", "names", (state) => {
  const names = state.env.names as Names;
  let quoted = 0;
  for (const block of state.tokens) {
    if (block.type === "blockquote_open") quoted += 1;
    if (block.type === "blockquote_close") quoted -= 1;
    if (block.type !== "inline" || block.children === null || !/[@＠#]/.test(block.content)) continue;
    block.children = named(block.children, quoted === 0, names, state.Token);
  }
});

/** The tokens of a paragraph, with what names somebody made links. */
function named(tokens: readonly Token[], calls: boolean, names: Names, Made: typeof Token): Token[] {
  const parts = shownParts(tokens);
  const shown = parts.map(({ text }) => text).join("");
  const found: Token[] = [];
  let at = 0;
  tokens.forEach((token, number) => {
    const { text = "", plain = false } = parts[number] ?? {};
    if (plain) found.push(...split(token, shown, at, calls, names, Made));
    else found.push(token);
    at += text.length;
  });
  return found;
}

/** What each token shows. In what is plain, names are looked for. */
function shownParts(tokens: readonly Token[]): { text: string; plain: boolean }[] {
  let depth = 0;
  let address = false;
  return tokens.map((token) => {
    const { type, content } = token;
    if (type === "link_open") {
      depth += 1;
      address = token.markup === "linkify";
      return { text: address ? "" : GAP, plain: false };
    }
    if (type === "link_close") {
      depth -= 1;
      return { text: "", plain: false };
    }
    if (depth > 0) return { text: address ? content : "", plain: false };
    if (type === "text") return { text: content, plain: true };
    // A backslash that is shown although it escapes is nothing that could stand before a name.
    if (type === "text_special") return { text: token.info === "escape" ? content.slice(-1) : content, plain: false };
    if (type === "softbreak" || type === "hardbreak") return { text: "\n", plain: false };
    return { text: type === "code_inline" ? GAP : "", plain: false };
  });
}

function split(token: Token, shown: string, at: number, calls: boolean, names: Names, Made: typeof Token): Token[] {
  const end = at + token.content.length;
  const found: Token[] = [];
  let from = at;
  const text = (content: string): void => {
    if (content === "") return;
    const made = new Made("text", "", 0);
    made.content = content;
    found.push(made);
  };
  SIGN.lastIndex = at;
  for (let match = SIGN.exec(shown); match !== null && match.index < end; match = SIGN.exec(shown)) {
    const sign = match.index;
    if (sign < from) continue;
    const link = match[0] === "#" ? room(names, shown, sign, end) : calls ? person(names, shown, sign, end) : null;
    if (link === null) continue;
    text(shown.slice(from, sign));
    const open = new Made("link_open", "a", 1);
    open.attrs = link.attrs;
    found.push(open);
    text(link.shown);
    found.push(new Made("link_close", "a", -1));
    from = link.end;
  }
  text(shown.slice(from, end));
  return found;
}

interface Link {
  readonly shown: string;
  readonly end: number;
  readonly attrs: [string, string][];
}

function person(names: Names, shown: string, sign: number, end: number): Link | null {
  for (const written of meant(shown, sign, end)) {
    const found = names.person(written.name);
    if (found === null) continue;
    return {
      shown: `@${found.name}`,
      end: written.end,
      attrs: [
        ["class", found.me ? "mention me" : "mention"],
        ["data-person", String(found.id)],
        ["href", "#"],
      ],
    };
  }
  return null;
}

function room(names: Names, shown: string, sign: number, end: number): Link | null {
  ROOM.lastIndex = sign + 1;
  const name = ROOM.exec(shown.slice(0, end))?.[0].replace(/[.-]+$/, "") ?? "";
  const found = names.room(name);
  if (found === null) return null;
  return {
    shown: `#${name}`,
    end: sign + 1 + name.length,
    attrs: [
      ["class", "mention"],
      ["data-room", String(found)],
      ["href", `/chat/${found}`],
    ],
  };
}

/** A message in one line, without its formatting: in quotes and notifications. */
export function inOneLine(content: string, names: Names, most: number): string {
  const shown: string[] = [];
  let hidden = 0;
  const gather = ({ type, content, children }: Token): void => {
    if (type === "spoiler_open") hidden += 1;
    if (type === "spoiler_close") hidden -= 1;
    if (children !== null) children.forEach(gather);
    else if (type === "softbreak" || type === "hardbreak") shown.push(" ");
    else shown.push(hidden > 0 ? content.replace(/\S/gu, "▇") : content);
    if (type === "inline") shown.push(" ");
  };
  // What is cut off is not read: a message may be long.
  markdown.parse(content.slice(0, 4 * most), { names }).forEach(gather);
  return Array.from(shown.join("").replace(/\s+/g, " ").trim()).slice(0, most).join("");
}
