/**
 * Long messages are shown in part: what follows is put aside, hidden so that the browser still finds what is searched in it
 * (HTML, section 6.5, `hidden=until-found`), and costs no layout.
 */

interface Size {
  readonly letters: number;
  readonly lines: number;
}

/** What is longer than this is shown in part; so much of it. */
const LONG: Size = { letters: 2_000, lines: 30 };
const SHOWN: Size = { letters: 1_000, lines: 15 };
/** A block of code scrolls in itself: it is as high as this at the most, and never shown by halves. */
const HIGHEST_CODE = 17;
/** What is not parted: links, code, names, what is hidden by its writer. */
const WHOLE = new Set(["PRE", "TABLE", "A", "CODE", "SPAN", "HR"]);
const BLOCKS = new Set(["P", "LI", "PRE", "TABLE", "HR"]);

interface Place {
  readonly node: Node;
  readonly offset: number;
}

/** Takes the rest out of a long message and gives it, hidden; `null`: it is not long. */
export function fold(made: DocumentFragment): HTMLElement | null {
  const counted = new Counted();
  counted.walk(made);
  const { cut, letters, lines } = counted;
  if (cut === null || (letters <= LONG.letters && lines <= LONG.lines)) return null;
  const top = topOf(cut, made);
  const range = new Range();
  range.setStart(cut.node, cut.offset);
  range.setEnd(made, made.childNodes.length);
  const rest = document.createElement("div");
  rest.className = "rest";
  rest.append(range.extractContents());
  if (rest.textContent.trim() === "") return null;
  const next = rest.firstElementChild;
  if (top instanceof HTMLParagraphElement && next !== null) {
    // One paragraph in two parts: once both are shown, their lines run on.
    top.classList.add("cut");
    next.classList.add("cut");
  }
  if (top instanceof HTMLOListElement && next instanceof HTMLOListElement) next.start = top.start + top.children.length;
  rest.hidden = true;
  return rest;
}

/** Shown or hidden; `hidden` has no property for this value in all browsers yet. */
export function setFolded(rest: HTMLElement, isFolded: boolean): void {
  if (isFolded) rest.setAttribute("hidden", "until-found");
  else rest.removeAttribute("hidden");
}

class Counted {
  letters = 0;
  lines = 0;
  /** Where what is shown ends. */
  cut: Place | null = null;

  walk(parent: Node): void {
    [...parent.childNodes].forEach((child, index) => {
      if (child instanceof Text) this.#text(child);
      else if (child instanceof HTMLElement) this.#element(child, parent, index);
    });
  }

  #text(text: Text): void {
    const room = SHOWN.letters - this.letters;
    if (text.length > room) this.#cutAt({ node: text, offset: atWord(text.data, Math.max(0, room)) });
    this.letters += text.length;
  }

  #element(element: HTMLElement, parent: Node, index: number): void {
    const { tagName } = element;
    // An item of a list is not parted, unless it is the first.
    const isFull = this.letters >= SHOWN.letters || this.lines >= SHOWN.lines;
    if (isFull && index > 0) this.#cutAt({ node: parent, offset: index });
    if (WHOLE.has(tagName)) this.#whole(element, parent, index);
    else this.walk(element);
    if (BLOCKS.has(tagName) || tagName === "BR") this.lines += 1;
    if (tagName === "BR" && this.lines >= SHOWN.lines) this.#cutAt({ node: parent, offset: index + 1 });
  }

  #whole(element: HTMLElement, parent: Node, index: number): void {
    const text = element.textContent;
    const isCode = element.tagName === "PRE";
    this.lines += isCode ? Math.min(HIGHEST_CODE, text.split("\n").length) : element.querySelectorAll("tr").length;
    // What code has is seen by scrolling it.
    this.letters += isCode ? 0 : text.length;
    if (this.letters > SHOWN.letters || this.lines > SHOWN.lines) this.#cutAt({ node: parent, offset: index + 1 });
  }

  #cutAt(place: Place): void {
    this.cut ??= place;
  }
}

function topOf({ node, offset }: Place, made: Node): Node | null {
  if (node === made) return made.childNodes[offset - 1] ?? null;
  let top: Node = node;
  while (top.parentNode !== null && top.parentNode !== made) top = top.parentNode;
  return top;
}

/** At a blank, if there is one near; else between two characters. */
function atWord(text: string, most: number): number {
  const blank = text.lastIndexOf(" ", most);
  if (blank > most - 80) return blank + 1;
  const isHalf = /[\ud800-\udbff]/.test(text[most - 1] ?? "");
  return isHalf ? most - 1 : most;
}
