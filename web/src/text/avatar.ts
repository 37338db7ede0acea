/**
 * What an avatar may be: a colour, or a picture uploaded to this server.
 *
 * The server allows nothing else; this holds for what a browser kept from before, too, and for servers of other versions.
 * Anything else could be declarations for a style, or an address that learns who reads. One that was just chosen and is not
 * uploaded yet is in its own address.
 */

/** Of the colours `--face-0` to `--face-7` in `ui/tokens.css`. */
const HUES = 8;
const COLOUR = /^#[0-9a-f]{6}$/i;
const PICTURE = /^(\/api\/avatars\/[0-9a-f]{32}|data:image\/(webp|png);base64,[\w+/]+=*)$/;

export interface Look {
  /** The address of an uploaded picture. */
  readonly picture: string | null;
  /** What was chosen to stand behind the letters: always `#rrggbb`. */
  readonly colour: string | null;
  /** The number of the colour of who chose none. */
  readonly hue: number;
}

export function look(avatar: string | null | undefined, user: number): Look {
  const hue = Math.abs(user) % HUES;
  if (avatar == null) return { picture: null, colour: null, hue };
  return { picture: PICTURE.test(avatar) ? avatar : null, colour: COLOUR.test(avatar) ? avatar : null, hue };
}

/** Whether dark letters read better on a colour `#rrggbb`: relative luminance as in WCAG 2, roughly. */
export function isLight(colour: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return 0.2126 * red ** 2.2 + 0.7152 * green ** 2.2 + 0.0722 * blue ** 2.2 > 0.2;
}
