// Light or dark, as the host is. Notebooks say it in attributes; else the background tells.

import { type Signal, signal } from "@preact/signals";

export function watchTheme(root: HTMLElement, aborted: AbortSignal): Signal<boolean> {
  const isDark = signal(detectDark(root));
  const update = () => {
    isDark.value = detectDark(root);
  };
  const observer = new MutationObserver(update);
  const options = {
    attributes: true,
    attributeFilter: ["class", "style", "theme", "data-theme", "data-jp-theme-light"],
  };
  for (const element of [document.documentElement, document.body])
    observer.observe(element, options);
  media("(prefers-color-scheme: dark)")?.addEventListener("change", update, {
    signal: aborted,
  });
  aborted.addEventListener("abort", () => observer.disconnect());
  return isDark;
}

export function media(query: string): MediaQueryList | undefined {
  return typeof window.matchMedia === "function" ? window.matchMedia(query) : undefined;
}

export function detectDark(root: HTMLElement): boolean {
  const { body } = document;
  const jupyter = body.getAttribute("data-jp-theme-light");
  if (jupyter !== null) return jupyter === "false";
  const code = body.getAttribute("data-vscode-theme-kind");
  if (code !== null) return code.includes("dark") || code === "vscode-high-contrast";
  for (let at = root.parentElement; at !== null; at = at.parentElement) {
    const luma = lumaOf(getComputedStyle(at).backgroundColor);
    if (luma !== undefined) return luma < 128;
  }
  return media("(prefers-color-scheme: dark)")?.matches ?? false;
}

/** Brightness 0 to 255 of a CSS colour; undefined when it is (almost) transparent. */
export function lumaOf(color: string): number | undefined {
  const [r, g, b, alpha = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
  if (r === undefined || g === undefined || b === undefined || alpha < 0.5)
    return undefined;
  return 0.299 * r + 0.587 * g + 0.114 * b;
}
