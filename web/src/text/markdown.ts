/**
 * Messages from Markdown to nodes of the page: the one place where what people write becomes more than text.
 *
 * markdown-it makes HTML without passing any through, DOMPurify allows what a message may hold and nothing else, and gives
 * nodes, not text to be parsed again.
 */
import DOMPurify from "dompurify";
import MarkdownIt, { type Token } from "markdown-it";

/** What a message names: who is meant by `@name`, which room by `#name`. */
export interface Names {
  readonly person: (username: string) => { readonly id: number; readonly name: string; readonly me: boolean } | null;
  readonly room: (name: string) => number | null;
}

const TAGS = [
  "p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "span",
  "table", "thead", "tbody", "tr", "th", "td",
]; // prettier-ignore
const ATTRIBUTES = ["href", "class", "start", "data-person", "data-room"];
const NAMED = /(^|[^\p{L}\p{N}_.@/&-])([@#])([\p{L}\p{N}_][\p{L}\p{N}_.-]{0,79})/gu;

const markdown = new MarkdownIt("default", { html: false, linkify: true, breaks: true, maxNesting: 20 });
// A message is not a page: no headings; and no pictures from elsewhere, which would tell their host who reads.
markdown.disable(["heading", "lheading", "image", "reference"]);

markdown.core.ruler.push("names", (state) => {
  const names = state.env.names as Names;
  for (const block of state.tokens) {
    if (block.type !== "inline" || block.children === null) continue;
    let depth = 0;
    block.children = block.children.flatMap((token) => {
      if (token.type === "link_open") depth += 1;
      if (token.type === "link_close") depth -= 1;
      if (token.type !== "text" || depth > 0 || !/[@#]/.test(token.content)) return [token];
      return split(token, names, state.Token);
    });
  }
});

function split(token: Token, names: Names, Made: typeof Token): Token[] {
  const found: Token[] = [];
  let from = 0;
  const text = (content: string): void => {
    if (content === "") return;
    const made = new Made("text", "", 0);
    made.content = content;
    found.push(made);
  };
  for (const match of token.content.matchAll(NAMED)) {
    const [, before = "", sign, long = ""] = match;
    const name = long.replace(/[.-]+$/, "");
    const attributes = sign === "@" ? person(names, name) : room(names, name);
    if (attributes === null) continue;
    const start = match.index + before.length;
    text(token.content.slice(from, start));
    const open = new Made("link_open", "a", 1);
    open.attrs = attributes.attrs;
    found.push(open);
    text(`${sign ?? ""}${attributes.shown}`);
    found.push(new Made("link_close", "a", -1));
    from = start + 1 + name.length;
  }
  text(token.content.slice(from));
  return found;
}

interface Named {
  readonly shown: string;
  readonly attrs: [string, string][];
}

function person(names: Names, name: string): Named | null {
  const found = names.person(name);
  if (found === null) return null;
  const attrs: [string, string][] = [
    ["class", found.me ? "mention me" : "mention"],
    ["data-person", String(found.id)],
    ["href", "#"],
  ];
  return { shown: found.name, attrs };
}

function room(names: Names, name: string): Named | null {
  const found = names.room(name);
  if (found === null) return null;
  return {
    shown: name,
    attrs: [
      ["class", "mention"],
      ["data-room", String(found)],
      ["href", `/chat/${found}`],
    ],
  };
}

const purifier = DOMPurify(window);
purifier.addHook("afterSanitizeAttributes", (node) => {
  const href = node.getAttribute("href");
  if (href === null || href === "#" || href.startsWith("/chat/")) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow ugc");
});

/** HTML that a library made from users' text, as nodes that can do no harm. */
export function purified(html: string): DocumentFragment {
  return purifier.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|\/chat\/\d+$|#$)/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

/** Words and sentences that mean nothing in Markdown: most of what is said. */
const PLAIN = /^\p{L}[\p{L}\p{M}\p{N} ,.!?'’"“”…()–—;]*$/u;
/** What might be an address or a list: a dot or a bracket between two characters. */
const MAYBE = /\p{L}\.\p{L}|^\p{N}+[.)]/u;

export function rendered(content: string, names: Names): DocumentFragment {
  if (PLAIN.test(content) && !MAYBE.test(content)) {
    const fragment = document.createDocumentFragment();
    const paragraph = document.createElement("p");
    paragraph.textContent = content;
    fragment.append(paragraph);
    return fragment;
  }
  return purified(markdown.render(content, { names }));
}

/** The text alone, for one line: quotes, notifications. */
export function plain(content: string): string {
  return content
    .replace(/```\w*\n?|[*_~`]{1,3}(?=\S)|(?<=\S)[*_~`]{1,3}/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
