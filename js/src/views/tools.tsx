// Small buttons in the corner of the map.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { canFullscreen, toggleFullscreen } from "../fullscreen";
import { toggleLasso } from "../keys";
import type { ViewProps } from "../props";
import { saveMap } from "../save";
import { showAll } from "../screen";
import { clearSelection, keepGroup } from "../selecting";
import { count } from "../text";

// Drawn in a square of 16.
const FIT = "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4M8 5.5v5M5.5 8h5";
const LASSO =
  "M4.1 9.4C2.8 8.7 2 7.7 2 6.5 2 4 4.7 2 8 2s6 2 6 4.5-2.7 4.5-6 4.5c-.8 0-1.6-.1-2.3-.3" +
  "M4.2 9.6a1.5 1.5 0 1 0 1.2 2.6c.6 1.4-.4 2-1.6 2.3";
const FULL = "M9.5 6.5 14 2M10 2h4v4M6.5 9.5 2 14M6 14H2v-4";
const LESS = "M14 2 9.5 6.5M9.5 2.5v4h4M2 14l4.5-4.5M6.5 13.5v-4h-4";
const TILES = "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z";
const SAVE = "M8 2v8M4.8 7 8 10.2 11.2 7M2.5 11v3h11v-3";

export function Tools({ store, screen }: ViewProps) {
  if (store.frame.value === null) return null;
  const isFree = screen.camera.value !== null;
  const isLasso = screen.tool.value === "lasso";
  const selected = store.looking.selection.value.count;
  return (
    <div class="nbe-tools">
      {selected > 0 && (
        <button
          type="button"
          class="nbe-tool nbe-clear"
          data-cmd="clear"
          title="Clear the selection (Escape)"
          aria-label={`${count(selected)} selected: clear`}
          onClick={() => clearSelection(store, screen)}
        >
          {count(selected)} selected <span aria-hidden="true">×</span>
        </button>
      )}
      {selected > 1 && !store.isPage && store.looking.groups.kept.value.count === 0 && (
        <button
          type="button"
          class="nbe-tool nbe-clear"
          data-cmd="group"
          title="Keep these points as group A, and compare the next selection with them (G)"
          onClick={() => keepGroup(store, screen)}
        >
          Compare with …
        </button>
      )}
      <div class="nbe-tool-set">
        <Stages store={store} screen={screen} />
        <Tool
          command="fit"
          label="Fit view"
          title="Show the whole map (0 or double click)"
          isPressed={!isFree}
          icon={FIT}
          act={() => showAll(screen)}
        />
        <Tool
          command="lasso"
          label="Lasso"
          title="Select by drawing around points (L, or Shift and drag)"
          isPressed={isLasso}
          icon={LASSO}
          act={() => toggleLasso(screen)}
        />
        {canFullscreen(screen.root) && (
          <Tool
            command="fullscreen"
            label="Full screen"
            title={
              screen.isFull.value ? "Leave the full screen (Escape)" : "Full screen (F)"
            }
            isPressed={screen.isFull.value}
            icon={screen.isFull.value ? LESS : FULL}
            act={() => toggleFullscreen(screen.root)}
          />
        )}
        {canSave(store) && <Export store={store} screen={screen} />}
      </div>
    </div>
  );
}

/** Maps that share one place are on the screen only. */
function canSave({ gallery }: ViewProps["store"]): boolean {
  const { mode } = gallery.arrangement.value;
  return gallery.info.value === null || mode === "beside" || mode === "large";
}

/** Opens the maps after each phase and recursion, and closes them. */
function Stages({ store, screen }: ViewProps) {
  const { offered, view, info } = store.gallery;
  const { value } = offered;
  if (value?.kind !== "moments") return null;
  const word = value.title ?? "Phases";
  const isOpen = info.value !== null;
  return (
    <Tool
      command="recursions"
      label={word}
      title={isOpen ? "Back to the one map" : `${word}: the map after each, side by side`}
      isPressed={view.value === "recursions"}
      icon={TILES}
      act={() => {
        showAll(screen);
        store.gallery.look(isOpen ? "map" : "recursions");
      }}
    />
  );
}

interface ToolProps {
  command: string;
  label: string;
  title: string;
  isPressed: boolean;
  icon: string;
  act(): void;
}

function Tool({ command, label, title, isPressed, icon, act }: ToolProps) {
  return (
    <button
      type="button"
      class="nbe-tool"
      data-cmd={command}
      aria-label={label}
      title={title}
      aria-pressed={isPressed}
      onClick={act}
    >
      <Icon path={icon} />
    </button>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

/** A menu that closes when something is chosen, or when the focus leaves it. */
function Export({ store, screen }: ViewProps) {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (menu.current !== null) menu.current.open = false;
  };
  const item = (kind: "png" | "svg", text: ComponentChildren) => (
    <button
      type="button"
      data-cmd={`export-${kind}`}
      onClick={() => {
        close();
        saveMap(store, screen, kind);
      }}
    >
      {text}
    </button>
  );
  return (
    <details
      class="nbe-export"
      ref={menu}
      onFocusOut={(event) => {
        const next = event.relatedTarget as Node | null;
        // Nothing gets the focus when a button is clicked in Safari.
        if (next !== null && !menu.current?.contains(next)) close();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || menu.current?.open !== true) return;
        event.stopPropagation();
        close();
        menu.current.querySelector("summary")?.focus();
      }}
    >
      <summary
        class="nbe-tool"
        aria-label="Save the map"
        title="Save the map as a picture"
      >
        <Icon path={SAVE} />
      </summary>
      <div class="nbe-choices">
        {item("png", "PNG")}
        {item("svg", "SVG")}
      </div>
    </details>
  );
}
