/** A picture somebody chose, cut to a small square before it leaves the browser. */

const SIDE = 256;

/** Base64 of a WebP or PNG, SIDE × SIDE pixels. Raises when it is no picture. */
export async function squared(file: File): Promise<string> {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  context.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  return canvas.toDataURL("image/webp", 0.85).replace(/^data:[^,]*,/, "");
}
