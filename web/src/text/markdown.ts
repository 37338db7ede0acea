/**
 * Messages from Markdown to nodes of the page: the one place where what people write becomes more than text.
 *
 * markdown-it makes HTML without passing any through, DOMPurify allows what a message may hold and nothing else, and gives
 * nodes, not text to be parsed again.
 */
import { BASE } from "../base";
import DOMPurify from "dompurify";
import { html, type Names } from "./reading";

const TAGS = [
  "p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "span",
  "table", "thead", "tbody", "tr", "th", "td",
]; // prettier-ignore
const ATTRIBUTES = ["href", "class", "start", "data-person", "data-room"];
const purifier = DOMPurify(window);
purifier.addHook("afterSanitizeAttributes", (node) => {
  const room = node.getAttribute("data-room");
  if (room !== null) node.setAttribute("href", `${BASE}chat/${room}`);
  const href = node.getAttribute("href");
  if (href === null || href === "#" || href.startsWith(`${BASE}chat/`)) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow ugc");
});

/** HTML that a library made from users' text, as nodes that can do no harm. */
export function purified(made: string): DocumentFragment {
  return purifier.sanitize(made, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    // They hold no addresses: numbers, whose form is no address's.
    ADD_URI_SAFE_ATTR: ["start", "data-person", "data-room"],
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
  return purified(html(content, names));
}
