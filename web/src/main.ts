import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { preferences } from "./core/preferences.svelte";
import { applyStyles } from "./styles";
import { registerWorker } from "./core/connection/service-worker";

await Promise.all([preferences.speak(), applyStyles()]);
mount(App, { target: document.body });
registerWorker();
