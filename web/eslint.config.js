import { defineConfig } from "eslint/config";
import svelte from "eslint-plugin-svelte";
import tseslint from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default defineConfig(
  { ignores: ["src/api/generated", "tools", "smoke", "*.js", "*.ts"] },
  ...tseslint.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, extraFileExtensions: [".svelte"] } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Reading a rune is how an effect comes to depend on it.
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "no-restricted-syntax": [
        "error",
        ...["ImportExpression", "CallExpression > MemberExpression > ImportExpression"].map((what) => ({
          selector: `UnaryExpression[operator='void'] > ${what}`,
          message: "Nobody hears that it could not be fetched: use fetched() or Deferred.",
        })),
      ],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    // What is longer holds two ideas.
    files: ["src/**/*.svelte", "src/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: { "max-lines": ["error", 250] },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: tseslint.parser, svelteConfig } },
    rules: {
      "prefer-const": "off",
      "svelte/prefer-const": ["error", { destructuring: "all", excludedRunes: ["$props", "$derived"] }],
      "svelte/no-at-html-tags": "error",
      // Maps made within one computation are nobody else's.
      "svelte/prefer-svelte-reactivity": "off",
      // The way to keep a space at the beginning of a block.
      "svelte/no-useless-mustaches": "off",
      // The parser does not know the types of components in templates. `svelte-check` does, and checks them.
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
);
