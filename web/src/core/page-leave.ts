/** The page is left, or hidden and perhaps never shown again: a phone ends a hidden page without another word. */
interface Acts {
  readonly hidden: () => void;
  readonly leaving: () => void;
}

/** Returns what ends it. */
export function onPageLeave({ hidden, leaving }: Acts): () => void {
  const look = (): void => {
    if (document.visibilityState === "hidden") hidden();
  };
  addEventListener("pagehide", leaving);
  document.addEventListener("visibilitychange", look);
  return () => {
    removeEventListener("pagehide", leaving);
    document.removeEventListener("visibilitychange", look);
  };
}
