/** Nothing that somebody chose as avatar becomes more than a colour or a picture of this server. */
import { expect, test } from "vitest";
import { look } from "./avatar";

const PICTURE = "/api/avatars/0123456789abcdef0123456789abcdef";

const CHOSEN = "data:image/webp;base64,UklGRi+/==";

test.each([
  "#fff;position:fixed;inset:0;width:100vw;height:100vh;z-index:9;background:url(https://evil.example/x.png)",
  "#fff",
  "#ffffffff",
  "#ffffff\n",
  "#ggg000",
  " #ffffff",
  "red",
  "url(https://evil.example/x.png)",
  "https://evil.example/x.png",
  "//evil.example/x.png",
  "/api/avatars/../users/me",
  `${PICTURE}?x`,
  `https://evil.example${PICTURE}`,
  "data:image/svg+xml,<svg/>",
  "data:image/svg+xml;base64,PHN2Zy8+",
  `https://evil.example/${CHOSEN}`,
  "javascript:alert(1)",
  "",
])("%j is passed over", (avatar) => {
  const { picture, colour } = look(avatar, 7);
  expect(picture).toBeNull();
  expect(colour).toBeNull();
});

test("colours and uploaded pictures are shown", () => {
  expect(look("#3366CC", 7)).toEqual({ picture: null, colour: "#3366CC", hue: 7 });
  expect(look(PICTURE, 7).picture).toBe(PICTURE);
  expect(look(CHOSEN, 7).picture).toBe(CHOSEN);
  expect(look(null, -1)).toEqual({ picture: null, colour: null, hue: 1 });
});
