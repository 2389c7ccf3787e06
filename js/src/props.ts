// What every view gets.

import type { Screen } from "./screen";
import type { Store } from "./store";

export interface ViewProps {
  store: Store;
  screen: Screen;
}
