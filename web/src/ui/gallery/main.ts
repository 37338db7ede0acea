/**
 * Every part in its states, at `/ui` of `npm run dev`; no part of the build. `?theme=dark`, `contrast`, `contrast-dark` and
 * `?dir=rtl` choose how it looks. A test or picture shows the states of the pointer and the keyboard by `data-force`.
 */
import "../../i18n/later";
import { mount } from "svelte";
import "../../app.css";
import { speak } from "../../i18n/translate.svelte";
import Gallery from "./Gallery.svelte";
import { wear } from "./theme";

const wished = new URLSearchParams(location.search);
wear(wished.get("theme") ?? "light");
await speak("en");
document.documentElement.dir = wished.get("dir") ?? "ltr";
mount(Gallery, { target: document.body });
