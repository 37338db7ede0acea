import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { preferences } from "./chat/preferences.svelte";
import { registerWorker } from "./live/offline";

await preferences.speak();
mount(App, { target: document.body });
registerWorker();
