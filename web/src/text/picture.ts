/** A picture somebody chose, cut to a small square before it leaves the browser. */

const SIDE = 256;

/** The address of a WebP or PNG, SIDE × SIDE pixels, that holds the picture itself. Raises when it is no picture. */
export async function squared(file: File): Promise<string> {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  context.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  return canvas.toDataURL("image/webp", 0.85);
}

/** As it is uploaded, base64; null for what is not such an address. */
export function toUpload(picture: string | null): string | null {
  return picture?.startsWith("data:") ? picture.replace(/^[^,]*,/, "") : null;
}
