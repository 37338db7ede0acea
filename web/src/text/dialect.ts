/**
 * The Markdown of messages: CommonMark with tables, `~~`, spoilers and task lists; a quotation ends with its line, headings are
 * lines in bold, pictures are links, and backslashes of paths are shown. docs/protocol.md, "Mentions", says what of it counts
 * for who is called.
 */

import type { MarkdownIt, StateBlock, StateInline, Token } from "markdown-it";

/** Words whose backslashes escape nothing: `\\server\share`, `C:\_tmp\*x`, `¯\_(ツ)_/¯`. */
const LITERAL = /\\[\p{L}\p{N}]|^[("'[]*[a-z]:\\|¯\\/iu;
/** How much of a word around a backslash is looked at. */
const WORD = 300;
const SAFE = /^(?:(?![a-z][a-z\d+.-]*:)|https?:|mailto:)/i;
const TASK = /^\[([ xX])\][ \u00a0]/;
/**
 * As many quotations in one another, or half as many lists: what is deeper is shown as it was written. There is no room for
 * it on a phone, and past 100 the parser would leave it out.
 */
const DEEPEST = 16;
const QUOTED = /^ {0,3}>/;
const ALNUM = /[\p{L}\p{N}]/u;
const LONGEST_ADDRESS = 2_000;
const ESCAPED = /[!-/:-@[-`{-~]/;
/** What the rule of plain text stops at by itself. */
const MEANS = /[\n!#$%&*+\-:<=>@[\\\]^_`{}~]/;
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;

export function speakChat(markdown: MarkdownIt): void {
  // No reference links; no `---` that makes what stands above it a heading.
  markdown.disable(["lheading", "reference"]);
  markdown.validateLink = (url) => SAFE.test(url.trim());
  // Without this `//x` in `ftp://x.com` would be taken for a host.
  markdown.linkify.add("ftp:", null);

  markdown.core.ruler.after("normalize", "quotations", (state) => {
    state.src = endedQuotations(state.src);
  });

  markdown.core.ruler.after("inline", "pictures", ({ tokens, Token: Made }) => {
    for (const token of tokens)
      if (token.children?.some(({ type }) => type === "image") === true)
        token.children = picturesAsLinks(token.children, Made);
  });

  markdown.block.ruler.before("table", "deepest", deepest);
  markdown.inline.ruler.before("escape", "backslash", backslash);
  // Without a scheme, `www.` says that it is an address; `readme.md` says nothing.
  markdown.linkify.add("www.", {
    validate: (text, at, linkify) => {
      const length = linkify.testSchemaAt(`//www.${text.slice(at, at + LONGEST_ADDRESS)}`, "http:", 0);
      return Math.max(0, length - "//www.".length);
    },
    normalize: (match) => {
      match.url = `http://${match.url}`;
    },
  });

  // The rule of plain text runs to the next character that may mean something: for `|`, it does.
  markdown.inline.ruler.before("text", "bars", upToBar);
  markdown.inline.ruler.before("text", "spoiler", spoiler);
  markdown.core.ruler.push("looks", ({ tokens }) => tokens.forEach(dressed));
}

/** A quotation ends with its line: what is written below it is one's own. */
function endedQuotations(text: string): string {
  if (!text.includes(">")) return text;
  const found: string[] = [];
  let fence = "";
  let quoted = false;
  for (const line of text.split("\n")) {
    const quotes = fence === "" && QUOTED.test(line);
    if (quoted && !quotes && line.trim() !== "") found.push("");
    const [, marks = ""] = FENCE.exec(line) ?? [];
    if (fence === "") fence = quotes ? "" : marks;
    else if (marks.startsWith(fence) && line.trim() === marks) fence = "";
    quoted = quotes;
    found.push(line);
  }
  return found.join("\n");
}

/** The lines of a block that is in too many others. */
function deepest(state: StateBlock, from: number, to: number, silent: boolean): boolean {
  if (state.level < DEEPEST || silent) return false;
  let next = from + 1;
  while (next < to && !state.isEmpty(next) && (state.sCount[next] ?? -1) >= state.blkIndent) next += 1;
  const inline = new state.Token("inline", "", 0);
  inline.content = state.getLines(from, next, state.blkIndent, false).trim();
  inline.map = [from, next];
  inline.children = [];
  state.tokens.push(new state.Token("paragraph_open", "p", 1), inline, new state.Token("paragraph_close", "p", -1));
  state.line = next;
  return true;
}

/** Behind a backslash that escapes nothing, what it stands before is no Markdown all the same. */
function backslash(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  if (src[pos] !== "\\" || !ESCAPED.test(src[pos + 1] ?? "") || !isLiteral(src, pos)) return false;
  if (!silent) {
    const token = state.push("text_special", "", 0);
    token.content = token.markup = src.slice(pos, pos + 2);
    token.info = "escape";
  }
  state.pos += 2;
  return true;
}

function isLiteral(text: string, at: number): boolean {
  const before = /\S*$/.exec(text.slice(Math.max(0, at - WORD), at))?.[0] ?? "";
  const after = /^\S*/.exec(text.slice(at, at + WORD))?.[0] ?? "";
  return LITERAL.test(before + after);
}

/** A picture from elsewhere would tell its host who reads: `![what](address)` is a link. */
function picturesAsLinks(tokens: readonly Token[], Made: typeof Token): Token[] {
  let inLink = 0;
  return tokens.flatMap((token) => {
    inLink += token.type === "link_open" ? 1 : token.type === "link_close" ? -1 : 0;
    if (token.type !== "image") return [token];
    const inner = token.children ?? [];
    const src = String(token.attrGet("src") ?? "");
    if (inLink > 0) return inner;
    const open = new Made("link_open", "a", 1);
    open.attrs = [["href", src]];
    const text = new Made("text", "", 0);
    text.content = src;
    return [open, ...(inner.length === 0 ? [text] : inner), new Made("link_close", "a", -1)];
  });
}

function upToBar(state: StateInline, silent: boolean): boolean {
  const bar = state.src.indexOf("||", state.pos);
  if (bar <= state.pos || bar >= state.posMax) return false;
  const part = state.src.slice(state.pos, bar);
  if (MEANS.test(part)) return false;
  if (!silent) state.pending += part;
  state.pos = bar;
  return true;
}

/** `||what is hidden until one wants to see it||` */
function spoiler(state: StateInline, silent: boolean): boolean {
  const start = state.pos + 2;
  if (!state.src.startsWith("||", state.pos)) return false;
  const end = state.src.indexOf("||", start);
  if (end < 0 || end + 2 > state.posMax) return false;
  // In `a || b` and `(a||b)` bars are bars.
  if (!/^\S(?:[^]*\S)?$/.test(state.src.slice(start, end))) return false;
  if (ALNUM.test(state.src[start - 3] ?? "") || ALNUM.test(state.src[end + 2] ?? "")) return false;
  if (!silent) {
    const { posMax } = state;
    state.push("spoiler_open", "span", 1).attrs = [["class", "spoiler"]];
    state.pos = start;
    state.posMax = end;
    state.md.inline.tokenize(state);
    state.push("spoiler_close", "span", -1);
    state.posMax = posMax;
  }
  state.pos = end + 2;
  return true;
}

/** What the page may hold of it: classes in place of styles, no headings between those of the page, boxes of tasks. */
function dressed(token: Token, number: number, tokens: Token[]): void {
  const align = /text-align:(\w+)/.exec(String(token.attrGet("style") ?? ""))?.[1];
  if (align !== undefined) token.attrs = [["class", align]];
  if (token.type === "heading_open") {
    token.tag = "p";
    token.attrs = [["class", "heading"]];
  }
  if (token.type === "heading_close") token.tag = "p";
  const first = token.children?.[0];
  if (token.type !== "inline" || tokens[number - 2]?.type !== "list_item_open" || first?.type !== "text") return;
  const done = TASK.exec(first.content)?.[1];
  if (done === undefined) return;
  first.content = `${done === " " ? "☐" : "☑"} ${first.content.slice(4)}`;
  tokens[number - 2]?.attrSet("class", "task");
}
