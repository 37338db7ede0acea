import { Deferred } from "../ui/deferred.svelte";

export const deferred = new Deferred(() => import("./later"));
