/** The service worker that lets the page open without a network. Browsers give one to pages over HTTPS or on localhost. */

import { BASE, below } from "../../base";

/** Trusted Types guards which script becomes a worker: this one and no other. */
function trusted(address: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypePolicyFactory }).trustedTypes;
  if (types === undefined) return address;
  const policy = types.createPolicy("hubbub-worker", { createScriptURL: (wanted) => wanted });
  return policy.createScriptURL(address) as unknown as string;
}

interface TrustedTypePolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL: (wanted: string) => string },
  ): {
    createScriptURL(address: string): { toString(): string };
  };
}

export function registerWorker(): void {
  if (import.meta.env.DEV || !("serviceWorker" in navigator)) return;
  addEventListener("load", register);
  if (document.readyState === "complete") register();
}

let registered = false;
function register(): void {
  if (registered) return;
  registered = true;
  navigator.serviceWorker.register(trusted(below("/worker.js")), { scope: BASE }).catch(() => {
    // Without it all works but opening the page off line.
  });
}
