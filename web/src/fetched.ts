/**
 * A part of the client that is fetched while the page is in use, asked for again until it has come: a network that is
 * away for a moment, or a page that is just being left, is no fault of the part.
 */

/** Milliseconds until it is asked for again. */
const AGAIN = 3_000;

export async function fetched<Part>(fetch: () => Promise<Part>): Promise<Part> {
  for (;;) {
    try {
      return await fetch();
    } catch {
      await new Promise((done) => setTimeout(done, AGAIN));
    }
  }
}
