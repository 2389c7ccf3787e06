// SVG as text. Pure.

/** Text that may stand anywhere in XML, in quotes too. What XML cannot hold is left out. */
export function xml(text: string): string {
  return (
    text
      // Halves of characters.
      .replace(/\p{Surrogate}/gu, "\ufffd")
      .replace(FORBIDDEN, "")
      .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

type Value = string | number;

/** An element. Values and `content` are data and are escaped here; see `group` for markup inside. */
export function element(
  name: string,
  attributes: Record<string, Value>,
  content = "",
): string {
  return wrapped(name, attributes, xml(content));
}

/** An element around elements. */
export function group(
  name: string,
  attributes: Record<string, Value>,
  children: readonly string[],
): string {
  return wrapped(name, attributes, children.join("\n"));
}

function wrapped(name: string, attributes: Record<string, Value>, inner: string): string {
  const pairs = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${xml(String(value))}"`,
  );
  return inner === ""
    ? `<${name}${pairs.join("")}/>`
    : `<${name}${pairs.join("")}>${inner}</${name}>`;
}

/** A tenth of a pixel is enough for every printer. */
export function tenth(value: number): number {
  return Math.round(10 * value) / 10;
}
