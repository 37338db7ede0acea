/**
 * What an avatar may be: a colour, or a picture uploaded to this server.
 *
 * The server allows nothing else; this holds for what a browser kept from before, too, and for servers of other versions.
 * Anything else could be declarations for a style, or an address that learns who reads.
 */

/** Dark enough for white letters. */
const COLOURS = ["#5b3fd6", "#a3315f", "#1f6f8b", "#8a4b08", "#2f7a3c", "#7b3fa0", "#b3401e", "#3a5bbf"] as const;
const COLOUR = /^#[0-9a-f]{6}$/i;
const PICTURE = /^\/api\/avatars\/[0-9a-f]{32}$/;

export interface Look {
  /** The address of an uploaded picture. */
  readonly picture: string | null;
  /** What stands behind the letters: always `#rrggbb`. */
  readonly colour: string;
}

export function look(avatar: string | null | undefined, user: number): Look {
  const own = COLOURS[Math.abs(user) % COLOURS.length] ?? COLOURS[0];
  if (avatar == null) return { picture: null, colour: own };
  return { picture: PICTURE.test(avatar) ? avatar : null, colour: COLOUR.test(avatar) ? avatar : own };
}

/** Whether dark letters read better on a colour `#rrggbb`: relative luminance as in WCAG 2, roughly. */
export function isLight(colour: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return 0.2126 * red ** 2.2 + 0.7152 * green ** 2.2 + 0.0722 * blue ** 2.2 > 0.2;
}
