/** Below which path this server is served, with a slash at its end: where the files of this page came from tells it. */
export const BASE = import.meta.env.DEV ? "/" : new URL(/* @vite-ignore */ "../..", import.meta.url).pathname;

/** An address of this server, such as `/api/avatars/…`, as the browser has to ask for it. One with a scheme stays as it is. */
export function below(path: string): string {
  return path.startsWith("data:") ? path : BASE + path.replace(/^\//, "");
}
