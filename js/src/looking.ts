// How a map is looked at: encodings, filter, selection, and the moment. Shared by all views, and
// with Python through traits.

import type { AnyModel } from "@anywidget/types";
import { batch, computed, effect, signal } from "@preact/signals";
import { DetailsDesk } from "./details";
import { type Encoding, type Look, shownBy, unpackLook } from "./encodings";
import { findRows } from "./finding";
import { Groups } from "./groups";
import { NeighborDesk } from "./neighbors";
import type { Arrowed, Taught } from "./renderer/arrows";
import { type Change, Rows } from "./rows";
import type {
  Bytes,
  DetailsMessage,
  Fields,
  Filter,
  FoundMessage,
  GroupsMessage,
  NeighborsMessage,
  PageDetails,
  PageQuality,
  ToKernel,
  Traits,
} from "./state";

const NO_FIELDS: Fields = {
  columns: [],
  measures: [],
  hover: [],
  images: false,
  searchable: false,
  index: false,
};

/** The traits that the browser writes. */
export type Written =
  | "selection"
  | "group"
  | "filter"
  | "moment"
  | "arrangement"
  | "view";

/** The way to Python. */
export interface Wire {
  send(message: ToKernel): void;
  write<K extends Written>(name: K, value: Traits[K]): void;
}

export class Looking {
  /** What Python says of the points. */
  readonly own = signal<Look>({});
  /** A colour that lies over it: what is taught; and arrows over the map. */
  readonly over = signal<Encoding | undefined>(undefined);
  readonly arrows = signal<Arrowed | null>(null);
  /** null where nothing is taught. */
  readonly taught = signal<Taught | null>(null);
  readonly look = computed<Look>(() => {
    const { over, own } = this;
    return over.value === undefined ? own.value : { ...own.value, color: over.value };
  });
  readonly fields = signal<Fields>(NO_FIELDS);
  readonly selection = signal<Rows>(Rows.none);
  readonly filter = signal<Filter>({});
  readonly found = signal<FoundMessage | null>(null);
  /** Tells whether a row passes the filter; null when all do. */
  readonly isShown = computed(() => shownBy(this.filter.value, this.own.value.color));
  readonly details: DetailsDesk;
  readonly neighbors: NeighborDesk;
  readonly groups: Groups;
  /** Selected rows and those of group A: what stands out. */
  readonly marked = computed(() => {
    const marked = this.selection.value.with(this.groups.kept.value);
    // One or two points that are explained have rings; the others stay as they are.
    return this.taught.value !== null && marked.count <= 2 ? Rows.none : marked;
  });

  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly wire: Wire,
    /** Number of rows of the data. */
    private readonly rows: () => number,
    private readonly isPage: boolean,
    private readonly page: PageDetails | undefined,
    quality: PageQuality | undefined,
    aborted: AbortSignal,
  ) {
    const ask = (id: number, row: number) => wire.send({ t: "details", id, row });
    this.details = new DetailsDesk(ask, page);
    this.neighbors = new NeighborDesk(
      (id, row) => wire.send({ t: "neighbors", id, row }),
      isPage ? (quality ?? {}) : undefined,
    );
    this.groups = new Groups(wire, this.selection, rows, aborted);
    this.read();
    const changes: [keyof Traits, () => void][] = [
      ["encodings", () => this.readLook()],
      ["fields", () => this.readFields()],
      ["selection", () => this.readSelection()],
      ["group", () => this.groups.read(this.model.get("group"))],
      ["filter", () => this.readFilter()],
    ];
    for (const [name, handle] of changes) model.on(`change:${name}`, handle);
    // A card says what colours the points, so it changes with them.
    const endForgetting = effect(() => {
      void [this.look.value, this.fields.value];
      this.details.forget();
    });
    // What is taught of the point takes their place.
    const endNeighbors = effect(() =>
      this.neighbors.want(this.taught.value === null ? this.selection.value.only() : -1),
    );
    aborted.addEventListener("abort", () => {
      endNeighbors();
      endForgetting();
      this.details.close();
      for (const [name, handle] of changes) model.off(`change:${name}`, handle);
    });
  }

  /** Number of rows. */
  get size(): number {
    return this.rows();
  }

  /** Changes the selection here and in Python. */
  select(rows: Iterable<number>, how: Change = "replace"): void {
    const n = this.rows();
    const next = this.selection.peek().changed(rows, how, n);
    if (next.equals(this.selection.peek())) return;
    this.selection.value = next;
    this.wire.write("selection", next.pack(n));
  }

  clearSelection(): void {
    this.select([]);
  }

  /** Shows only some of the colours' categories or numbers; {} shows all. */
  show(filter: Filter): void {
    this.filter.value = filter;
    this.wire.write("filter", filter);
  }

  /** Asks Python to colour by a column. */
  colorBy(name: string | null): void {
    this.wire.send({ t: "color", by: name });
  }

  /** Asks Python to select the rows that hold a text; an exported page looks for itself. */
  search(text: string): void {
    if (!this.isPage) {
      this.wire.send({ t: "search", text });
      return;
    }
    const rows = findRows(text, this.rows(), this.own.peek().color, this.page);
    this.select(rows);
    this.found.value = { t: "found", text, count: rows.length, first: rows[0] ?? -1 };
  }

  receive(
    message: DetailsMessage | NeighborsMessage | GroupsMessage | FoundMessage,
    buffers: readonly Bytes[],
  ): void {
    if (message.t === "details") this.details.receive(message, buffers);
    else if (message.t === "neighbors") this.neighbors.receive(message);
    else if (message.t === "groups") this.groups.receive(message);
    else this.found.value = message;
  }

  private read(): void {
    batch(() => {
      this.readLook();
      this.readFields();
      this.readSelection();
      this.groups.read(this.model.get("group"));
      this.readFilter();
    });
  }

  private readLook(): void {
    this.own.value = unpackLook(this.model.get("encodings"));
  }

  private readFields(): void {
    this.fields.value = { ...NO_FIELDS, ...this.model.get("fields") };
  }

  private readSelection(): void {
    const rows = Rows.unpack(this.model.get("selection"));
    // What this side has sent comes back as an echo.
    if (!rows.equals(this.selection.peek())) this.selection.value = rows;
  }

  private readFilter(): void {
    this.filter.value = this.model.get("filter") ?? {};
  }
}
