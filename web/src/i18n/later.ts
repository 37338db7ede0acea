/** The texts of what is fetched later. In other languages all texts are one file. */
import later from "./en.later.json";
import { texts } from "./translate.svelte";

texts.add("en", later);
