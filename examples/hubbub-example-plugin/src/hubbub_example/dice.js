// Shows messages of the kind `example.roll` in the web client.
//
// The page's content security policy holds here too: no inline styles or scripts, no `eval`, no `innerHTML`.

/** Called once, when the module has been loaded. */
export default function register(hubbub) {
  hubbub.messageKind("example.roll", (element, message) => {
    const { sides, dice } = message.extra;
    for (const die of dice) {
      const shown = document.createElement("strong");
      shown.textContent = sides === 6 ? String.fromCodePoint(0x267f + die) : `[${die}]`;
      shown.title = `${die} of ${sides}`;
      element.append(shown, " ");
    }
    element.append(`= ${dice.reduce((sum, die) => sum + die, 0)}`);
  });
}
