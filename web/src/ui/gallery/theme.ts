/** The themes of the page of parts. */
export const LOOKS = [
  { id: "light", label: "Light" },
  { id: "dark", label: "Dark" },
  { id: "contrast", label: "High contrast" },
  { id: "contrast-dark", label: "High contrast, dark" },
] as const;

export type Look = (typeof LOOKS)[number]["id"];

export function wear(look: string): void {
  const { dataset } = document.documentElement;
  dataset.theme = look.endsWith("dark") ? "dark" : "light";
  if (look.startsWith("contrast")) dataset.contrast = "more";
  else delete dataset.contrast;
}
